/** The style sheet of the search page: light or dark as the reader's system, for wide screens and phones. */
export const style = `
[hidden] { display: none !important; }
body { max-width: 820px; margin: 0 auto; padding: 24px 16px 40px; }
h1 { margin: 0 0 12px; font-size: 20px; letter-spacing: -.015em; }
button, input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 9px; padding: 6px 10px; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.field { display: flex; gap: 8px; }
#query { flex: 1; min-width: 0; font-size: 17px; padding: 10px 14px; border-radius: 12px; }
.field button { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #15171a); border-radius: 12px; }
.choices, .filter, #key-choice { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-top: 10px; font-size: 14px; color: var(--quiet); }
.choices select, .choices button, .filter > * { padding: 3px 8px; }
.filter { gap: 6px; }
.filter input { flex: 0 1 200px; min-width: 0; }
#status { min-height: 1.5em; margin: 16px 0 8px; color: var(--quiet); font-size: 14px; }
#error { background: var(--card); border: 1px solid light-dark(#c4372c, #ff8b80); border-radius: 12px; padding: 10px 14px; overflow-wrap: anywhere; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 12px; }
li { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 14px 18px; }
li h2 { margin: 0; font-size: 14px; font-weight: 600; overflow-wrap: anywhere; }
li h2 span { font-weight: 400; color: var(--quiet); }
li .text { margin: 6px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 22em; overflow: auto; }
li .facts { margin: 8px 0 0; font-size: 13px; color: var(--quiet); overflow-wrap: anywhere; }
mark { background: light-dark(#ffe9a8, #5c4a12); color: inherit; border-radius: 3px; }
footer { margin-top: 24px; font-size: 13px; color: var(--quiet); }
kbd { border: 1px solid var(--line); border-radius: 5px; padding: 0 5px; font: inherit; }
`;
