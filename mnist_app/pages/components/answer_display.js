// Shows answers in a group of parts while the pen moves, so that they can be read.

const REST_MS = 150;

class AnswerDisplay {
  constructor(group) {
    this.group = group;
  }

  // Another drawing begins: its first answer takes the place of none.
  begin() {
    this.last = undefined;
  }

  end() {
    clearTimeout(this.rest);
  }

  show(answer) {
    clearTimeout(this.rest);
    this.last = answer.text;
    this.fade(false);
    showAnswer(this.group, answer);
  }

  // Nobody wants to read what a stroke looks like for a moment: the bars move at once, but a digit
  // takes another's place only when it is read again or the pen rests, and "no digit" waits until
  // the pen is up.
  showSoFar(answer) {
    const isSteady = answer.text === this.last;
    this.last = answer.text;
    showAnswer(this.group, answer, false);
    clearTimeout(this.rest);
    if (answer.text && isSteady) this.settle();
    else this.fade(true);
    if (answer.text && !isSteady) this.rest = setTimeout(() => this.settle(), REST_MS);
  }

  settle() {
    showPart(this.group, "words");
    this.fade(false);
  }

  fade(isFaded) {
    this.group.parts.words?.[0].classList.toggle("fading", isFaded);
  }
}
