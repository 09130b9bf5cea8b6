import { type Command, EXIT_OK, type Flag, shortOf } from './command.js';
import { wordsOf } from './config.js';

const SHELLS = ['bash', 'zsh'] as const;

/** Makes the command that writes what a shell needs to complete all of them, itself included. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'Write a script by which bash or zsh completes commands, flags and their values.',
    arguments: [{ name: 'shell', description: 'the shell', choices: SHELLS }],
    flags: [],
    examples: [
      'tallyboard completion bash > ~/.local/share/bash-completion/completions/tallyboard',
      'source <(tallyboard completion zsh)',
    ],
    async run({ shell }, terminal) {
      terminal.stdout.write(shell === 'bash' ? bashScript(commands()) : zshScript(commands()));
      return EXIT_OK;
    },
  };
}

/** Where nothing of ours fits, readline goes on with the names of files. */
function bashScript(commands: readonly Command[]): string {
  const values = commands.flatMap((command) =>
    command.flags
      .filter((flag) => flag.value !== undefined)
      .map((flag) => `    '${command.name} --${flag.name}') words='${wordsOf(flag).join(' ')}' ;;`),
  );
  const flags = commands.map((command) => {
    const names = [...command.flags.map((flag) => `--${flag.name}`), '--help'].join(' ');
    const [first = names] = command.arguments.map(({ choices = [] }) => choices.join(' '));
    return `    '${command.name} '*) if [[ $current == -* ]]; then words='${names}'; else words='${first}'; fi ;;`;
  });
  return `_tallyboard() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} words=''
  if [[ $COMP_CWORD -eq 1 ]]; then command=''; fi
  case "$command \${COMP_WORDS[COMP_CWORD-1]}" in
    ' '*) words='${[...commands.map(({ name }) => name), 'help', '--help', '--version'].join(' ')}' ;;
    'help '*) words='${commands.map(({ name }) => name).join(' ')}' ;;
${[...values, ...flags].join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tallyboard tallyboard
`;
}

function zshScript(commands: readonly Command[]): string {
  const described = [...commands, { name: 'help', summary: 'Say more of a command' }].map((command) =>
    quoted(`${command.name}:${shortOf(command)}`),
  );
  const cases = commands.map((command) => {
    const specs = [
      ...command.flags.map(zshFlag),
      quoted('--help[say more]'),
      ...command.arguments.map(({ name, choices = [] }) => quoted(`:${name}:${zshAction(choices)}`)),
    ];
    return `    ${command.name}) _arguments ${specs.join(' \\\n      ')} ;;`;
  });
  return `#compdef tallyboard
_tallyboard() {
  local -a commands=(
    ${described.join('\n    ')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT -= 1 ))
  case $words[1] in
    help) _describe command commands ;;
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _tallyboard ]]; then _tallyboard "$@"; else compdef _tallyboard tallyboard; fi
`;
}

// biome-ignore lint/suspicious/noExplicitAny: each flag has a type of its own.
function zshFlag(flag: Flag<any>): string {
  const description = flag.description.replaceAll(/[[\]:]/g, '\\$&');
  const value =
    flag.value === undefined ? '' : `:${flag.value.replaceAll(':', '\\:')}:${zshAction(wordsOf(flag))}`;
  return quoted(`--${flag.name}[${description}]${value}`);
}

function zshAction(words: readonly string[]): string {
  return words.length === 0 ? '_files' : `(${words.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
