import type { ConsumeMessage, MessagePropertyHeaders, Options } from 'amqplib';
import { TallyboardError } from '../../contract/errors.js';
import { DOCUMENT_KINDS, type DocumentKind, type Verification } from '../../contract/store-page.js';
import { parseVerification, printVerification } from '../../contract/verification-text.js';
import type { ContactEvent } from '../../domain/contact.js';
import {
  FRAME_HEADER_BYTES,
  RECORD_BYTES,
  readFrame,
  readRecord,
  sealFrame,
  writeRecord,
} from '../journal/log/format.js';

/** What a message of the log says; a `mark` says nothing but where the log ends. */
export type Content =
  | { readonly type: 'batch'; readonly events: readonly ContactEvent[] }
  | { readonly type: 'verification'; readonly verification: Verification }
  | {
      readonly type: 'document';
      readonly kind: DocumentKind;
      readonly name: string;
      readonly text: string | null;
    }
  | { readonly type: 'mark' };

/** A message, and where it stands in the log. */
export interface Message {
  readonly offset: number;
  /** By which its sender knows it again. */
  readonly token: string;
  readonly content: Content;
}

/** Events that are sent in one message, and that are folded in one go: others wait as long as that takes. */
export const BATCH_EVENTS_MAX = 1024;
const FORMAT = 1;
const CONTENT_TYPE = 'application/vnd.tallyboard';

/** The properties of a message. */
export function propertiesOf(token: string, { type }: Content): Options.Publish {
  return {
    messageId: token,
    type,
    contentType: CONTENT_TYPE,
    headers: { format: FORMAT },
    persistent: true,
  };
}

/** The body of a message. A batch is one frame as the journal writes it, with its checksum. */
export function bodyOf(content: Content): Buffer {
  if (content.type === 'mark') return Buffer.alloc(0);
  if (content.type === 'verification') return Buffer.from(printVerification(content.verification));
  if (content.type === 'document') {
    const { kind, name, text } = content;
    return Buffer.from(JSON.stringify({ kind, name, text }));
  }
  const { events } = content;
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + events.length * RECORD_BYTES);
  for (const [i, event] of events.entries()) writeRecord(bytes, FRAME_HEADER_BYTES + i * RECORD_BYTES, event);
  return sealFrame(bytes, events.length, 0, 0);
}

/** Reads a message. Throws `STORE_FORMAT` or `STORE_DAMAGED` where it cannot be read. */
function readMessage({ content: body, properties }: ConsumeMessage): Message {
  const { messageId, type, contentType, headers } = properties as {
    readonly messageId?: string;
    readonly type?: string;
    readonly contentType?: string;
    readonly headers: MessagePropertyHeaders;
  };
  const offset = Number(headers['x-stream-offset']);
  const what = `the message at offset ${offset} of the log`;
  if (contentType !== CONTENT_TYPE || messageId === undefined) {
    throw damage(`${what} was not written by Tallyboard`);
  }
  const { format } = headers as { readonly format?: unknown };
  if (format !== FORMAT) {
    throw new TallyboardError(
      'STORE_FORMAT',
      `${what} has format ${format}, and this release reads ${FORMAT}: use the release that wrote it`,
    );
  }
  const content = readBody(type, body);
  if (content === undefined) throw damage(`${what} is damaged`);
  return { offset, token: messageId, content };
}

/** As many messages as go into one append; throws where the first cannot be read. */
export function readGroup(inbox: readonly ConsumeMessage[]): Message[] {
  const group: Message[] = [];
  let events = 0;
  for (const raw of inbox) {
    try {
      const message = readMessage(raw);
      events += eventsOf(message).length;
      if (events > BATCH_EVENTS_MAX && group.length > 0) break;
      group.push(message);
    } catch (error) {
      if (group.length === 0) throw error;
      break;
    }
  }
  return group;
}

/** The events of a message; none where it is no batch. */
export function eventsOf({ content }: Message): readonly ContactEvent[] {
  return content.type === 'batch' ? content.events : [];
}

function readBody(type: string | undefined, body: Buffer): Content | undefined {
  if (type === 'mark') return { type };
  if (type === 'verification') {
    const verification = parseVerification(body.toString());
    return verification === null ? undefined : { type, verification };
  }
  if (type === 'document') return readDocument(body.toString());
  const reading = readFrame(body, 0, 0, 0);
  if (type !== 'batch' || reading.status !== 'whole') return undefined;
  const { count, records } = reading.frame;
  const events = Array.from({ length: count }, (_, i) => readRecord(records, i * RECORD_BYTES));
  return { type, events };
}

function readDocument(json: string): Content | undefined {
  try {
    const { kind, name, text } = JSON.parse(json) as Record<string, unknown>;
    const isWhole = DOCUMENT_KINDS.some((each) => each === kind) && typeof name === 'string';
    if (!isWhole || (text !== null && typeof text !== 'string')) return undefined;
    return { type: 'document', kind: kind as DocumentKind, name, text };
  } catch {
    return undefined;
  }
}

function damage(what: string): TallyboardError {
  return new TallyboardError(
    'STORE_DAMAGED',
    `${what}, and nothing after it is counted: copy what is known from the folder of a server to another queue, and serve that`,
  );
}
