import type { NewShareAnswer, ShareAnswer } from '../../http/routes/kept-schemas.js';
import { argumentFor, type Command, EXIT_OK } from '../terminal/command.js';
import { ask, SERVER_FLAGS, type Server } from './ask.js';

interface ShareValues extends Server {
  readonly action: 'create' | 'list' | 'revoke';
  readonly what?: string;
  readonly embed: boolean;
}

export const shareCommand: Command = {
  name: 'share',
  summary:
    'Make a named link by which the dashboard is read without its token, list such links, or withdraw one. The store keeps a hash of the link, which is shown once.',
  arguments: [
    { name: 'action', description: 'what to do', choices: ['create', 'list', 'revoke'] },
    { name: 'what', description: 'of create and revoke: the name of the link', isOptional: true },
  ],
  flags: [
    ...SERVER_FLAGS,
    {
      name: 'embed',
      description: 'of create: a link to the chart alone, which pages of other sites may frame',
      fallback: false,
    },
  ],
  examples: [
    'tallyboard share create wall',
    'tallyboard share create wiki --embed --url https://tally.example',
    'tallyboard share revoke wall',
  ],
  async run(values, { stdout }) {
    const { action, what, embed, ...server } = values as unknown as ShareValues;
    if (action === 'list') {
      const shares = await ask<ShareAnswer[]>(server, '/dashboard/shares');
      stdout.write(shares.map(lineOf).join('') || 'There are no shared links.\n');
    } else if (action === 'create') {
      const body = { name: argumentFor('share create', 'a name', what), ...(embed ? { embed: 'yes' } : {}) };
      const { path } = await ask<NewShareAnswer>(server, '/dashboard/shares', { method: 'POST', body });
      stdout.write(`${server.url.replace(/\/+$/, '')}${path}\n`);
    } else {
      const name = argumentFor('share revoke', 'the name', what);
      await ask(server, `/dashboard/shares/${encodeURIComponent(name)}`, { method: 'DELETE' });
      stdout.write(`The link ${name} is withdrawn.\n`);
    }
    return EXIT_OK;
  },
};

function lineOf({ name, embed, createdAt }: ShareAnswer): string {
  return `${name}  made ${createdAt.slice(0, 16)} UTC${embed ? ', may be framed' : ''}\n`;
}
