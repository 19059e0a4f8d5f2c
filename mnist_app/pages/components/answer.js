// The one renderer of an answer, however it came: while the pen moves, or by a run of the page.
// An answer is what `core/recognition/answers.py` tells. It is shown in parts, which stand where the page
// put them and share a group.

const BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";

const groupOf = (name) => (window.digitLabAnswers ??= {})[name] ??=
  { name, parts: {}, selected: 0, answer: { text: "", says: [], quiet: "", digits: [] } };

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

// Never more than is so: no answer is that sure, and what is hardly there has no number.
const rounded = (probability) =>
  probability >= 0.995 ? ">99%" : probability >= 0.005 ? `${Math.round(probability * 100)}%` : "";

const selectedDigit = ({ answer, selected }) =>
  answer.digits[Math.min(selected, answer.digits.length - 1)];

// Of each layer, where its pictures are shown; a phone has less room and strength.
const mostMaps = () => matchMedia("(max-width: 640px)").matches ? 1 : 4;

const lines = (texts) => texts.flatMap((text, place) =>
  place ? [document.createElement("br"), text] : [text]);

const PARTS = {
  words: {
    make: () => [
      element("div", { className: "answer" }),
      // Screen readers are told what the answer is, and not on the way there.
      element("span", { className: "unseen", role: "status", ariaLive: "polite" }),
    ],
    show([place, said], { answer: { text, says, quiet: line, digits }, isFinal, parts }) {
      // Of what was read it tells about the bars, which not every page has.
      const quiet = digits.length && !parts.bars?.[0].isConnected ? "" : line;
      // An element that comes or goes has the browser match many rules of the style again: what is the
      // same stays, and the text of the bars changes in place.
      const words = JSON.stringify([text, says, quiet]);
      if (place.words !== words) {
        place.words = words;
        place.replaceChildren(...text
          ? [
              element("div", { className: text.length > 1 ? "digit number" : "digit",
                textContent: text }),
              element("div", { className: "sureness" }, ...lines(says)),
            ]
          : [element("div", { className: "invitation" }, ...lines(says))],
        element("div", { className: "quiet", textContent: quiet }));
      }
      const all = [text && `The network reads ${text}`, ...says, quiet].filter(Boolean).join(" ");
      if (isFinal && said.textContent !== all) said.textContent = all;
    },
  },

  bars: {
    make: (group) => [
      element("div", { className: "bars-title" }),
      element("fieldset", { className: "selected-digit", hidden: true, onchange: ({ target }) => {
        group.selected = Number(target.value);
        group.tell(group.selected);
        showPart(group, "bars");
      } }),
      element("div", { className: "bars", role: "img" }),
    ],
    show([title, choice, bars], group) {
      const { digits } = group.answer;
      const found = selectedDigit(group);
      choose(choice, group);
      drawBars(title, bars, group.names);
      bars.ariaLabel = found?.said ?? `No drawing yet: ${group.names ? "empty bars" : "ten empty bars, one for each digit"}.`;
      [...bars.children].forEach((bar, digit) => {
        const probability = found?.probabilities[digit] ?? 0;
        bar.classList.toggle("strong", Boolean(found?.open.includes(digit)));
        bar.style.setProperty("--probability", probability);
        bar.firstChild.firstChild.data = rounded(probability);
      });
    },
  },

  inputs: {
    make: (group, { done }) => [
      element("div", { className: "saw" },
        element("img", { className: "pixels", width: 112, height: 112 }),
        element("div", {}, element("strong", { textContent: "What the network saw" }),
          element("br"), done, element("br"),
          element("span", { className: "quiet", textContent: "\u00a0" }))),
      element("div", { className: "gallery", style: "--side: 56px" }),
    ],
    show([saw, gallery], { answer: { digits, milliseconds }, isFinal }) {
      const [image, about] = saw.children;
      const isNumber = digits.length > 1;
      image.hidden = isNumber;
      image.src = digits.length ? `data:image/png;base64,${digits[0].image}` : BLANK;
      image.alt = "The picture of 28 by 28 pixels that the network saw";
      // A figure that changes with every answer cannot be read.
      const speed = digits.length && milliseconds
        ? `Answered in ${Math.max(0.01, milliseconds / 1000).toFixed(2)} seconds.` : "\u00a0";
      if (isFinal) about.lastChild.textContent = speed;
      gallery.hidden = !isNumber;
      gallery.replaceChildren(...isNumber ? digits.map(pictured) : []);
    },
  },
};

// A bar for each digit, or for each of the names of whatever else is read; names lie, as they are long.
const drawBars = (title, bars, names) => {
  const labels = names ?? Array.from({ length: 10 }, (_, digit) => String(digit));
  const written = JSON.stringify(labels);
  if (bars.dataset.labels === written) return;
  bars.dataset.labels = written;
  bars.classList.toggle("named", Boolean(names));
  title.textContent = `How likely it thinks each ${names ? "symbol is" : "digit is"}`;
  bars.replaceChildren(...labels.map((label) => element("div", { className: "bar" },
    element("b", {}, ""), element("i"), element("span", { textContent: label }))));
};

const pictured = ({ digit, probabilities, image }) => {
  const caption = `${digit}: ${rounded(probabilities[digit])}`;
  return element("figure", {}, element("img", { className: "pixels", width: 56, height: 56,
    alt: caption, src: `data:image/png;base64,${image}` }),
  element("figcaption", { textContent: caption }));
};

// Of a number, each digit can be looked at: by mouse, finger and arrow keys.
const choose = (choice, { name, answer: { digits }, selected, isNumber }) => {
  // Where a number is written, its row has its room from the beginning.
  choice.hidden = digits.length < 2 && !isNumber;
  choice.style.visibility = digits.length < 2 ? "hidden" : "visible";
  const read = digits.map(({ digit }) => digit).join("");
  if (choice.dataset.read !== read) {
    choice.dataset.read = read;
    choice.replaceChildren(element("legend", { textContent: "Look more closely at" }),
      ...digits.map(({ digit }, place) => element("label", {},
        element("input", { type: "radio", name: `${name}-selected`, value: place }), String(digit))));
  }
  const inputs = choice.querySelectorAll("input");
  if (inputs.length) inputs[Math.min(selected, inputs.length - 1)].checked = true;
};

const showPart = (group, part) => {
  const place = group.parts[part];
  if (place) PARTS[part].show(place, group);
};

const showAnswer = (group, answer, isFinal = true) => {
  group.answer = answer;
  group.isFinal = isFinal;
  if (!answer.digits.length) group.selected = 0;
  for (const part of Object.keys(group.parts)) {
    // On the way to an answer the words wait for one that lasts, see `answer_display.js`.
    if (part !== "words" || isFinal) showPart(group, part);
  }
};

// Puts a part where it stands; a second time it is left as it is.
const mount = (parentElement, group, data) => {
  const place = parentElement.querySelector(".answer-part");
  if (data.names) group.names = data.names;
  if (!place.childElementCount) place.append(...PARTS[data.part].make(group, data));
  group.parts[data.part] = [...place.children];
  showPart(group, data.part);
  if (data.part === "bars") showPart(group, "words");
};
