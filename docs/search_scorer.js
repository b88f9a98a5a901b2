/* How the search ranks its results: as Sphinx does, but decisions come last, for they use every
   word of the manual and answer no question of how. Sphinx wants all of its numbers here. */
var Scorer = {
  score: (result) => {
    const [page, , , , score] = result;
    if (page.startsWith("explanation/decisions/") || page === "project/changelog") return score - 100;
    return page.startsWith("how-to/") || page.startsWith("tutorial/") ? score + 5 : score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
