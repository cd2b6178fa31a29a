// What an accessibility auditor would look at, as one function of the smallest allowed target.
(touch) => {
  const shown = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.display !== "none" && !node.closest("[hidden], .quiet, .skip, .sprite");
  };
  const brief = (node) => `${node.tagName.toLowerCase()}#${node.id}.${node.className?.baseVal ?? node.className} ${(node.textContent ?? "").trim().slice(0, 30)}`;
  const all = [...document.body.querySelectorAll("*")].filter(shown);

  const wide = all.filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || node.getBoundingClientRect().left < -1).map(brief);
  if (document.documentElement.scrollWidth > innerWidth) wide.push("the page itself");

  const targets = all.filter((node) => node.matches("button, a[href], input, textarea, [role=button]"));
  const small = targets
    .filter((node) => {
      const box = node.getBoundingClientRect();
      return box.height < touch || box.width < touch;
    })
    .filter((node) => !node.closest(".number"))
    .map(brief);

  const nameless = targets
    .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length))
    .concat(all.filter((node) => node.matches("img:not([alt])")))
    .concat(all.filter((node) => node.matches("[role=group], [role=log]") && !node.getAttribute("aria-label")))
    .map(brief);

  // Contrast of every visible piece of text against what is painted behind it.
  const parse = (text) => {
    const found = text.match(/[\d.]+/g).map(Number);
    return { rgb: found.slice(0, 3).map((part) => (text.startsWith("color(") ? part * 255 : part)), alpha: found[3] ?? 1 };
  };
  const over = (top, below) => top.rgb.map((part, place) => part * top.alpha + below[place] * (1 - top.alpha));
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) {
      const paint = parse(getComputedStyle(one).backgroundColor);
      if (paint.alpha > 0) layers.push(paint);
      if (paint.alpha === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const pale = all
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .map((node) => {
      const style = getComputedStyle(node);
      const ground = behind(node);
      const ink = over({ ...parse(style.color), alpha: parse(style.color).alpha * Number(style.opacity) }, ground);
      const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
      const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
      return { ratio: (high + 0.05) / (low + 0.05), wanted: large ? 3 : 4.5, node };
    })
    .filter(({ ratio, wanted }) => ratio < wanted)
    .map(({ ratio, node }) => `${ratio.toFixed(2)} ${brief(node)}`);

  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  const doubled = ids.filter((id, place) => ids.indexOf(id) !== place);
  const headings = all.filter((node) => node.matches("h1, h2, h3, h4")).map((node) => Number(node.tagName[1]));
  return { wide, small, nameless, pale, doubled, headings };
};
