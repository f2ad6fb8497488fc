/** The last step of making a session: its lookups need tables, which may still be on their way. */
import type { Session, SessionModel } from "./session.ts";

/** The session when the tables of its model are read. @throws what reading them throws; the session is then disposed */
export async function withTables(session: Session, model: SessionModel | Promise<SessionModel>): Promise<Session> {
  try {
    await (await model).tables;
    return session;
  } catch (error) {
    await session.dispose();
    throw error;
  }
}
