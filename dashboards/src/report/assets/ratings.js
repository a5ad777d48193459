"use strict";
// What a reader thinks of the transcripts: kept in this browser under the run's name, exported and imported as JSONL.
const Ratings = {
  key: () => `spyglass-ratings ${document.querySelector("header a").textContent}`,
  all: () => JSON.parse(Spyglass.keep(Ratings.key()) ?? "[]"),
  save: ratings => Spyglass.keep(Ratings.key(), JSON.stringify(ratings)),
  rater: () => Spyglass.keep("spyglass-rater") || "me",

  // A later opinion on the same thing replaces the earlier one.
  add: rating => {
    const subject = r => JSON.stringify([r.rater, r.kind, r.pack, r.prompt, r.variables, r.repeat, r.at, r.a, r.b]);
    Ratings.save([...Ratings.all().filter(r => subject(r) !== subject(rating)), rating]);
  },

  jsonl: () => Ratings.all().map(rating => JSON.stringify(rating) + "\n").join(""),

  // How many lines were taken; a line that is no rating is left out.
  read: text => {
    let taken = 0;
    for (const line of text.split("\n")) {
      try {
        const rating = JSON.parse(line);
        if (typeof rating.rater === "string" && ["stars", "pair"].includes(rating.kind)) {
          Ratings.add(rating);
          taken++;
        }
      } catch {
        continue;
      }
    }
    return taken;
  },
};
