"use strict";
// What a reader thinks of the transcripts: kept in this browser under the run's name and mark (two runs may have one name), exported and imported as JSONL.
const Ratings = {
  where: "in this browser", // a server that keeps votes itself says so
  key: () => `spyglass-ratings ${document.querySelector("header a").textContent} ${document.documentElement.dataset.mark}`.trim(),
  all: () => JSON.parse(Spyglass.keep(Ratings.key()) ?? "[]"),
  save: ratings => Spyglass.keep(Ratings.key(), JSON.stringify(ratings)),
  rater: () => Spyglass.keep("spyglass-rater") ?? "", // nobody's until a name is given: two people's "me" would overwrite each other

  // A later opinion with stars replaces the earlier one. Of votes on one pair, whichever side each stood on, the first counts: by
  // the second the names were seen. Whether this one counts.
  add: rating => {
    const known = Ratings.all(), others = known.filter(r => Ratings.subject(r) !== Ratings.subject(rating));
    if (rating.kind === "pair" && others.length < known.length) return false;
    Ratings.save([...others, rating]);
    return true;
  },

  // What a rating is about and whose it is: the same for a pair whichever side each stood on.
  subject: r => {
    const pair = [JSON.stringify(r.a), JSON.stringify(r.b)].sort();
    const variables = Object.entries(r.variables ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
    return JSON.stringify([r.rater, r.kind, r.pack, r.prompt, variables, r.repeat ?? 0, r.at, pair]);
  },

  judged: rating => Ratings.all().some(r => Ratings.subject(r) === Ratings.subject(rating)),

  // Saves one rater's ratings under the run's and the rater's name.
  download: rater => {
    const plain = text => text.replace(/[^\p{L}\p{N}_.]+/gu, "-").replace(/^-+|-+$/g, "");
    const lines = Ratings.all().filter(rating => rating.rater === rater).map(rating => JSON.stringify(rating) + "\n");
    const href = URL.createObjectURL(new Blob(lines, {type: "application/jsonl"}));
    Spyglass.make("a", {href, download: `ratings-${plain(document.querySelector("header a").textContent)}-${plain(rater)}.jsonl`}).click();
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
