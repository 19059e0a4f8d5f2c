// The browser's end of the live channel; see mnist_app/live.

const REPLY_MS = 5000;
const RETRY_MS = [1000, 60000];
const RESTS = 4000;

class Channel {
  constructor(heard, changed) {
    Object.assign(this, { heard, changed, isOpen: false, rests: false, wait: RETRY_MS[0] });
  }

  open() {
    clearTimeout(this.retry);
    const url = new URL("api/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    this.rests = false;
    const socket = this.socket = new WebSocket(url);
    socket.onopen = () => {
      this.wait = RETRY_MS[0];
      this.isOpen = true;
      this.changed();
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(this.patience);
      this.heard(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      this.isOpen = false;
      clearTimeout(this.patience);
      this.rests = code === RESTS;
      if (!this.rests) this.retry = setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 3, RETRY_MS[1]);
      this.changed();
    };
  }

  // Sends a message; what is no text, such as a picture, goes in a line below it.
  say(message, ...data) {
    const text = JSON.stringify(message);
    this.socket.send(data.length ? new Blob([text, "\n", ...data]) : text);
    // Where a connection is dead without a word, another is tried.
    this.patience = setTimeout(() => this.socket.close(), REPLY_MS);
  }

  close() {
    clearTimeout(this.retry);
    clearTimeout(this.patience);
    this.isOpen = false;
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }
}
