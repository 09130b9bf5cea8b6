import type { NoteAnswer } from '../../http/routes/kept-schemas.js';
import { argumentFor, type Command, EXIT_OK } from '../terminal/command.js';
import { ask, SERVER_FLAGS, type Server, zoneFlag } from './ask.js';

interface NoteValues extends Server {
  readonly action: 'add' | 'list' | 'remove';
  readonly what?: string;
  readonly at?: string;
  readonly tz: string;
}

export const noteCommand: Command = {
  name: 'note',
  summary: 'Add a dated note to the chart of the dashboard, list the notes, or remove one by its id.',
  arguments: [
    { name: 'action', description: 'what to do', choices: ['add', 'list', 'remove'] },
    { name: 'what', description: 'of add: the text, one line; of remove: the id', isOptional: true },
  ],
  flags: [
    ...SERVER_FLAGS,
    {
      name: 'at',
      value: 'BOUND',
      description: 'of add: the moment, a date, or a date and time to the minute; left out: now',
    },
    zoneFlag('the zone of a moment that carries none'),
  ],
  examples: [
    'tallyboard note add "Release 2.0" --at 2026-11-03T14:00 --tz Europe/Paris',
    'tallyboard note list',
    'tallyboard note remove 5f0c1d2e3a4b',
  ],
  async run(values, { stdout }) {
    const { action, what, at, tz, ...server } = values as unknown as NoteValues;
    if (action === 'list') {
      const notes = await ask<NoteAnswer[]>(server, '/dashboard/notes');
      stdout.write(notes.map(lineOf).join('') || 'There are no notes.\n');
    } else if (action === 'add') {
      const moment = at ?? new Date().toISOString().replace(/:\d\d\.\d+/, '');
      const body = { text: argumentFor('note add', 'the text', what), at: moment, tz };
      stdout.write(lineOf(await ask<NoteAnswer>(server, '/dashboard/notes', { method: 'POST', body })));
    } else {
      const id = argumentFor('note remove', 'the id', what);
      await ask(server, `/dashboard/notes/${encodeURIComponent(id)}`, { method: 'DELETE' });
      stdout.write(`The note ${id} is removed.\n`);
    }
    return EXIT_OK;
  },
};

function lineOf({ id, at, text }: NoteAnswer): string {
  return `${id}  ${at.slice(0, 16)} UTC  ${text}\n`;
}
