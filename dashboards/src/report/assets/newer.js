"use strict";
// A page that was left open tells from across the desk that a sweep has written the report anew: a line, a dot in the title, and an
// icon that turns orange when the newer report has more alarms.
Spyglass.newer = (() => {
  const root = document.documentElement.dataset, title = document.title, icon = Spyglass.make("link", {rel: "icon"});
  document.head.append(icon);

  // A curve that rises; on orange where alarms came, with a dot where there are some already.
  function draw(more) {
    const [ground, line] = more ? ["%23d55e00", "white"] : ["%230072b2", "white"];
    const dot = !more && Number(root.alarms) ? "<circle cx='25' cy='8' r='6' fill='%23e69f00'/>" : "";
    icon.href = "data:image/svg+xml," + `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='6' fill='${ground}'/>` +
      `<path d='M4 26H12L20 10H28' fill='none' stroke='${line}' stroke-width='4'/>${dot}</svg>`;
  }

  const look = () => Spyglass.load("state", () => {
    const {made, alarms} = Spyglass.data.state, newer = made !== root.made, more = newer && alarms > Number(root.alarms);
    Spyglass.one("#newer").hidden = !newer;
    Spyglass.one("#more-alarms").hidden = !more;
    document.title = `${newer ? "● " : ""}${more ? "alarm: " : ""}${title}`;
    draw(more);
  });

  draw(false);
  document.addEventListener("DOMContentLoaded", () => {
    Spyglass.one("#reload").addEventListener("click", () => location.reload());
    setInterval(look, 30_000);
  });
  return {look};
})();
