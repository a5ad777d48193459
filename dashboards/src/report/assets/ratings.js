"use strict";
// What a reader thinks of the transcripts: kept in this browser under the run's name, exported and imported as JSONL.
const Ratings = {
  key: () => `spyglass-ratings ${document.querySelector("header a").textContent}`,
  all: () => JSON.parse(Spyglass.keep(Ratings.key()) ?? "[]"),
  save: ratings => Spyglass.keep(Ratings.key(), JSON.stringify(ratings)),
  rater: () => Spyglass.keep("spyglass-rater") ?? "", // nobody's until a name is given: two people's "me" would overwrite each other

  // A later opinion with stars replaces the earlier one. Of votes on one pair, whichever side each stood on, the first counts: by
  // the second the names were seen. Whether this one counts.
  add: rating => {
    const pair = [r => JSON.stringify(r.a), r => JSON.stringify(r.b)];
    const sorted = variables => Object.entries(variables ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
    const subject = r => JSON.stringify([r.rater, r.kind, r.pack, r.prompt, sorted(r.variables), r.repeat ?? 0, r.at, pair.map(side => side(r)).sort()]);
    const known = Ratings.all(), others = known.filter(r => subject(r) !== subject(rating));
    if (rating.kind === "pair" && others.length < known.length) return false;
    Ratings.save([...others, rating]);
    return true;
  },

  jsonl: () => Ratings.all().map(rating => JSON.stringify(rating) + "\n").join(""),

  // How many lines were taken; a line that is no rating is left out, and so is a second vote on a pair.
  read: text => {
    let taken = 0;
    for (const line of text.split("\n")) {
      try {
        const rating = JSON.parse(line);
        const named = typeof rating.rater === "string" && rating.rater.trim() !== "";
        if (named && ["stars", "pair"].includes(rating.kind) && Ratings.add(rating)) taken++;
      } catch {
        continue;
      }
    }
    return taken;
  },
};
