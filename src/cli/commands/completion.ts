import { Command } from 'commander'
import { BallastError } from '../../core/index.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** Commands whose words depend on where they are given: what prints them, one a line. */
const ASKED: ReadonlyMap<string, string> = new Map([['run', 'ballast run --names 2> /dev/null']])

/** `known` is the table of all commands, passed in because it lists this one too. */
export function completionCommand(known: Readonly<Record<string, () => Promise<Command>>>): Command {
  return new Command('completion')
    .description('print shell completion: source <(ballast completion bash)')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => run(shell, known))
}

async function run(shell: string, commands: Readonly<Record<string, () => Promise<Command>>>): Promise<void> {
  const known = await Promise.all(Object.values(commands).map(load => load()))
  const words = new Map(
    known.map(command => [
      command.name(),
      [
        ...command.commands.map(sub => sub.name()),
        ...command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? ''),
      ].filter(Boolean),
    ]),
  )
  switch (shell) {
    case 'bash':
    case 'zsh':
      process.stdout.write(bash(words, shell))
      return
    case 'fish':
      process.stdout.write(fish(words))
      return
    default:
      throw new BallastError('SHELL_UNKNOWN', {
        message: `There is no completion for '${shell}'`,
        hint: `One of ${SHELLS.join(', ')}.`,
      })
  }
}

function bash(words: ReadonlyMap<string, readonly string[]>, shell: 'bash' | 'zsh'): string {
  const cases = [...words].map(([name, next]) => {
    const asked = ASKED.get(name)
    // Not by compgen, which expands its words: a job's name is somebody else's text.
    const each = '[[ $name == "$word"* ]] && COMPREPLY+=("$(printf %q "$name")")'
    const steps = [
      `COMPREPLY=($(compgen -W "${next.join(' ')}" -- "$word"))`,
      ...(asked ? [`while IFS= read -r name; do ${each}; done < <(${asked})`] : []),
    ]
    return `    ${name}) ${steps.join('; ')};;`
  })
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_ballast() {',
    `  local name word="\${COMP_WORDS[COMP_CWORD]}"`,
    `  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${[...words.keys()].join(' ')}" -- "$word")); return; fi`,
    `  case "\${COMP_WORDS[1]}" in`,
    ...cases,
    '  esac',
    '}',
    'complete -o default -F _ballast ballast',
    '',
  ].join('\n')
}

function fish(words: ReadonlyMap<string, readonly string[]>): string {
  const first = `complete -c ballast -n __fish_use_subcommand -a '${[...words.keys()].join(' ')}'`
  const rest = [...words].flatMap(([name, next]) => {
    const when = `complete -c ballast -n '__fish_seen_subcommand_from ${name}'`
    const asked = ASKED.get(name)
    return [`${when} -a '${next.join(' ')}'`, ...(asked ? [`${when} -a '(${asked})'`] : [])]
  })
  return `${[first, ...rest].join('\n')}\n`
}
