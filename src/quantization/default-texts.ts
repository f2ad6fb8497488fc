/**
 * The calibration text that is taken where none is given: sentences and passages of many kinds and lengths, written for
 * this. One a line; an empty line stands between two kinds.
 */
const lines = `
The train to the coast leaves at half past six.
A man is playing a guitar on the stairs of the library.
Two dogs run across a snowy field behind a boy in a red jacket.
She closed the window because the street had become too loud.
Nobody knew where the old key belonged.
The soup needs more salt and a squeeze of lemon.
A woman in a yellow raincoat waits for the bus.
Children are building a tower out of wooden blocks.
He forgot his umbrella in the restaurant again.
The museum is free on the first Sunday of every month.
My neighbour keeps bees on the roof of her house.
A cat sleeps on the warm hood of a parked car.
They painted the kitchen green and regretted it a week later.
The lake freezes only in very cold winters.
An elderly couple dances slowly in the empty square.
The dentist said that the tooth could be saved.
He reads the newspaper from back to front.
Three cyclists climb a steep road between vineyards.
The baby laughed at the noise of the paper bag.
Our flight was delayed by four hours because of fog.
A girl throws a stone into the river and counts the rings.
The bakery sells out of rye bread before nine.
It has not rained here since the middle of May.
Someone left a bicycle chained to the fence all winter.
The choir rehearses in the gym on Thursdays.

Is there a way to undo the last commit without losing my changes?
How long should I boil an egg for a soft yolk?
What is the difference between a virus and a bacterium?
Which documents do I need to renew my passport?
Why does my laptop get so hot when it charges?
Can you recommend a quiet hotel near the station?
Who invented the telephone?
Where can I park for free on weekends?
Do I have to pay taxes on money that I inherited abroad?
When does the next semester start?
How do I remove red wine from a white carpet?
What time zone does the meeting invitation use?
Could someone explain compound interest in simple words?
Why did the Roman republic become an empire?
Are tomatoes fruits or vegetables?
How can I tell whether a mushroom is safe to eat?
What should I do if the warning light for oil comes on?
Is it safe to take ibuprofen together with paracetamol?

best running shoes flat feet
cheap flights london lisbon october
python read csv skip header
symptoms of iron deficiency
weather tomorrow
capital of mongolia
convert 350 fahrenheit to celsius
tax return deadline 2024 self employed
how to tie a tie
pizza near me open now
rust borrow checker explained
second hand camera lens 50mm f/1.8

I love this phone, but the battery barely lasts a day.
Terrible service: we waited an hour and the food came cold.
Five stars! Would buy again.
The plot is thin, yet the acting makes it worth watching.
Honestly the worst pillow I have ever owned.
Good value for the price, though the instructions are only in German.
Not bad, not great. It does what it says.
The room was clean, the staff friendly and the breakfast excellent.
I returned it after two days because the zip broke.
lol that was unexpected 😂😂
omg thank you sooo much!!! ❤️
can't believe they cancelled it after one season... :(
@anna did you see this?? https://example.com/a/b?c=1#d
Happy birthday 🎉🎂 hope you have a wonderful day!
#throwback to the best summer ever
smh. some people never learn

The central bank raised its key interest rate by a quarter of a point on Wednesday.
Shares of the carmaker fell 7.3 % after it cut its forecast for the year.
Rescue workers pulled eleven people from the rubble, among them two children.
The parliament adopted the bill with 312 votes to 287.
Scientists have found traces of water ice in a crater near the Moon's south pole.
The two countries agreed to reopen their border on 1 January.
Police are looking for witnesses of an accident on the A9 near Exit 14.
Unemployment fell to 4.1 percent, the lowest level since 1991.
The striker scored twice in the last ten minutes to win the cup for her team.
A court in The Hague rejected the appeal of the former minister.
Heavy snow closed schools in four counties.
The company said it would lay off 1,200 employees, about 8 % of its staff.
Voters go to the polls on Sunday in a race that is too close to call.
The festival opens tonight with a film about a lighthouse keeper.

Photosynthesis turns carbon dioxide and water into sugar and oxygen with the energy of light.
The mitochondrion is surrounded by two membranes, of which the inner one is folded.
A prime number has exactly two positive divisors, one and itself.
The half-life of carbon-14 is about 5,730 years.
Entropy never decreases in an isolated system.
Patients with type 2 diabetes were given 500 mg of metformin twice a day.
The randomised trial enrolled 842 adults, of whom 61 % were women (mean age 54.2 years).
Plate boundaries are where most earthquakes and volcanoes occur.
DNA polymerase adds nucleotides only to the 3' end of a strand.
The derivative of sin(x) is cos(x), and e^(i*pi) + 1 = 0.
Acute appendicitis usually begins with pain around the navel that moves to the lower right.
We show that the gradient of the loss vanishes as the depth of the network grows.
Basalt is an igneous rock that forms when lava cools quickly.
The p-value was 0.03, so the null hypothesis was rejected at the 5 % level.
Superconductors lose all electrical resistance below a critical temperature.
Penguins live almost only in the southern hemisphere.
Light travels 299,792,458 metres in a second.
Enzymes lower the activation energy of a reaction without being consumed.

Returns the number of elements in the list, or -1 if the list is empty.
Fixed a race condition that could leave a stale lock file behind.
error: cannot borrow \`buffer\` as mutable because it is also borrowed as immutable
TypeError: Cannot read properties of undefined (reading 'length')
npm install --save-dev typescript @types/node
SELECT name, COUNT(*) FROM orders WHERE status = 'open' GROUP BY name ORDER BY 2 DESC;
def area(radius): return 3.14159 * radius ** 2
const total = items.reduce((sum, { price }) => sum + price, 0);
for (int i = 0; i < n; i++) { if (a[i] > max) max = a[i]; }
git rebase --interactive HEAD~3
The server answers with 404 if the resource doesn't exist and with 410 if it was deleted.
Set the environment variable LOG_LEVEL=debug to see every request.
Mount the volume at /var/lib/postgresql/data and restart the container.
Deprecated since version 2.4: use open_stream() instead.
{"id": 17, "name": "Widget", "tags": ["new", "sale"], "price": 9.99}
192.168.0.1 - - [10/Oct/2023:13:55:36 +0000] "GET /index.html HTTP/1.1" 200 2326
<a href="/docs/intro" class="link">Introduction</a>
chmod 644 ~/.ssh/config
The cache is invalidated when any of its inputs changes.
Time complexity: O(n log n) on average, O(n^2) in the worst case.

This agreement may be terminated by either party with thirty days' written notice.
The tenant shall keep the premises in good condition and bear the cost of minor repairs.
All rights reserved.
Notwithstanding Section 4.2, the Supplier is not liable for indirect damages.
The warranty covers defects in material and workmanship for 24 months from the date of purchase.
By clicking "Accept" you agree to our terms of service and privacy policy.
Invoice no. 2023-0417, due within 14 days, total EUR 1,348.90 incl. 19 % VAT.
Dear Ms. Okafor, thank you for your application for the position of data engineer.
Please find attached the minutes of yesterday's meeting.
Let me know if Tuesday at 3 pm works for you.
Kind regards, the support team
Your parcel has been handed over to the carrier and will arrive on Friday between 10:00 and 12:00.
Password reset: use the code 481 902 within ten minutes.

Preheat the oven to 180 degrees and grease a round tin.
Fold the egg whites into the batter with a wooden spoon.
Simmer the lentils with cumin, garlic and bay leaves until they are soft.
Turn left at the church, then take the second street on the right.
Tighten the four screws crosswise, but do not overtighten them.
Unplug the appliance before cleaning it.
Press and hold the power button for ten seconds to restart the device.
Keep your back straight and lower yourself until your knees are at a right angle.
Water the seedlings every morning and move them into the shade at noon.
Apply a thin layer of glue to both surfaces and press them together for a minute.

Freedom is what you do with what has been done to you.
The past is a foreign country, he thought, and turned the page.
It was neither late nor early; it was simply the hour at which nothing happens.
"I don't think so," said the captain, "but you are welcome to try."
Once upon a time a fox lived at the edge of a forest that had no name.
Silence fell over the valley like a wool blanket.
She remembered the smell of the harbour: tar, fish, rope, and rain.
The moon rose, enormous and orange, behind the silos.
To be honest is to be lonely, her grandmother used to say.

Chess
Yes.
No, thank you.
OK
Introduction
Table 3: Results
New York City
3.14
photovoltaics
to walk slowly and without a particular aim
a small piece of furniture with drawers
Johann Sebastian Bach (1685-1750)
Treaty of Westphalia
ISBN 978-3-16-148410-0
Room 204, second floor
+44 20 7946 0018
?
...
N/A
Read more >>

Der Zug nach Hamburg hat heute zwanzig Minuten Verspätung.
¿Dónde está la biblioteca más cercana?
Je voudrais réserver une table pour deux personnes ce soir.
Il gatto dorme sul divano tutto il giorno.
Onde posso comprar um bilhete para o metrô?
De kat zat op de mat.
東京は日本の首都です。
今天天气很好,我们去公园散步吧。
Москва является столицей России.
القاهرة عاصمة مصر
नमस्ते, आप कैसे हैं?
안녕하세요, 만나서 반갑습니다.
Η Αθήνα είναι η πρωτεύουσα της Ελλάδας.
Stockholm är Sveriges huvudstad.
Warszawa jest stolicą Polski.

The company was founded in 1923 by two brothers who repaired sewing machines in their father's barn. After the war it turned to bicycles, then to small motorcycles, and by 1960 it employed four thousand people in three towns. Cheap imports ended that growth within a decade. Today forty people work there; they restore the old machines for collectors and train apprentices from all over the country.
To reset the controller, switch it off, wait thirty seconds, hold the button marked R and switch it on again while you keep the button pressed. The lamp blinks three times. If it blinks five times the memory is damaged and the board has to be replaced. Note that all settings, including the network name and the password, are lost by this and must be entered again; export them first with the command \`backup --all --output settings.json\`.
Background: Chronic low back pain is one of the most frequent reasons for which adults see a doctor, and the benefit of exercise over usual care is uncertain. Methods: We randomly assigned 402 patients to twelve weeks of supervised exercise or to usual care. The primary outcome was the change of a disability score (range 0 to 24, higher is worse) after one year. Results: The score fell by 4.1 points in the exercise group and by 2.6 points in the other (difference 1.5; 95 % confidence interval, 0.6 to 2.4; P = 0.001). Adverse events were rare and mild. Conclusions: Supervised exercise led to a small but lasting improvement.
I bought this tent for a trip through Scotland and it rained on nine of twelve days, so I can say something about how waterproof it is. It kept us dry every single night. Setting it up takes ten minutes the first time and four once you know how. What I don't like is the weight, almost four kilos, and that the pegs bend as soon as the ground is stony: buy better ones. All in all a good family tent for people who travel by car, and too heavy for anyone who walks.
Photosynthesis takes place in two stages. In the first, chlorophyll in the thylakoid membranes absorbs light, splits water, sets oxygen free and stores the energy in ATP and NADPH. In the second, the Calvin cycle, which needs no light, an enzyme called RuBisCO fixes carbon dioxide from the air, and the energy of the first stage turns it into sugars. Plants of hot and dry regions have found ways around the wasteful side reaction of RuBisCO with oxygen: maize concentrates carbon dioxide in inner cells, and cacti open their pores only at night.
"You are late," she said without looking up. He put the bag on the table, took off his wet coat and hung it over the chair. "The bridge is closed. I had to walk round by the mill." Outside the wind tore at the shutters. For a while neither of them spoke. Then she pushed a letter across the table, still sealed, with a stamp that he did not recognise, and he understood that the summer was over.
The function takes a list of intervals and merges those that overlap. It first sorts them by their start, which takes O(n log n), and then goes through them once, keeping the last merged interval at hand. If the next one starts before that ends, the end is extended; otherwise the next one is appended. An empty list gives an empty list. Intervals that only touch, such as [1, 2] and [2, 3], are merged as well; pass \`strict=True\` to keep them apart. Raises ValueError if an interval ends before it starts.
The city lies on both banks of the river, about forty kilometres from where it flows into the sea. The left bank, with the cathedral, the market halls and the university, is the older one; the right bank was fields until the railway came in 1867. Of its 310,000 inhabitants a fifth are students. The harbour has lost most of its trade to deeper ports, and its warehouses have become flats, studios and a museum of emigration. In 2011 the tram, given up in the sixties, was built anew.
Dear all, a short summary of what we agreed on this morning. 1) The release moves to the 14th, because the migration of the billing data has not been tested on a full copy yet. 2) Priya writes the rollback plan by Thursday; Tom reviews it. 3) We drop support for the old import format and say so in the notes. 4) Nobody deploys on Friday afternoon. Open question: who informs the three customers that still use the old format? Please answer by tomorrow noon. Best, Marta
In a stable matching no two participants would both rather be together than with the partners that they have. Gale and Shapley showed in 1962 that one always exists, by an algorithm that finds it: each proposer asks the first on its list, each receiver keeps the best offer so far and turns the others down, and those turned down ask the next. It ends after at most n squared proposals, and the result is the best possible for every proposer and the worst possible for every receiver among all stable matchings. Hospitals and residents are matched so to this day.
Bring a large pot of salted water to the boil. Meanwhile fry the bacon in a dry pan until it is crisp, and whisk the eggs with the grated cheese and plenty of pepper. Cook the spaghetti until it is just firm, keep a cup of the water, and drain it. Take the pan off the heat, add the pasta, then the eggs, and stir quickly so that they thicken without curdling; a little of the hot water makes the sauce smooth. Serve at once. For four people you need 400 g spaghetti, 150 g bacon, 4 eggs and 100 g cheese.
Under the treaty each party undertakes to inform the other without delay of any planned measure that is likely to affect the quantity or the quality of the shared waters. The other party may, within six months, request consultations. If these do not lead to an agreement within a further six months, either party may refer the matter to an arbitral tribunal of three members, whose decision is final. Measures of extreme urgency, taken to protect public health or safety, may be carried out at once, provided that the other party is notified and the grounds for the urgency are stated.
`;

/** Sentences that are put together to a passage, so that longer ones are of all kinds, too. */
const joined = 14;

/** Short and long texts in turn. */
export function defaultTexts(): string[] {
  const sentences = lines.split("\n").filter((line) => line !== "");
  const passages: string[] = [];
  for (let start = 0; start + joined <= sentences.length - 12; start += joined) {
    passages.push(sentences.slice(start, start + joined).join(" "));
  }
  return [...sentences, ...passages];
}
