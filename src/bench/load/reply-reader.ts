/** Reads the replies of one connection that has one request in flight: status line and content-length. */
export class ReplyReader {
  #text = '';
  #status = 0;
  #length = 0;

  /**
   * Takes the bytes that came; answers with the status once the reply is whole, else with 0. Throws where
   * the reply cannot be read, or is followed by more.
   */
  take(bytes: Buffer, length: number): number {
    const text = bytes.toString('latin1', 0, length);
    if (this.#length > 0) this.#text += text;
    else {
      this.#text = this.#text === '' ? text : this.#text + text;
      const headEnd = this.#text.indexOf(HEAD_END);
      if (headEnd === -1) return 0;
      this.#readHead(this.#text.slice(0, headEnd + 2));
      this.#length += headEnd + HEAD_END.length;
    }
    if (this.#text.length < this.#length) return 0;
    if (this.#text.length > this.#length) throw new Error('the server sent more than it was asked for');
    this.#text = '';
    this.#length = 0;
    return this.#status;
  }

  #readHead(head: string): void {
    const status = STATUS_LINE.exec(head);
    if (status === null) throw new Error(`'${head.slice(0, 40)}' is not the start of an HTTP/1.1 reply`);
    const length = CONTENT_LENGTH.exec(head);
    if (length === null) throw new Error('the reply has no content-length');
    this.#status = Number(status[1]);
    this.#length = Number(length[1]);
  }
}

const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) /;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
