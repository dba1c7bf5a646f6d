import { type Command, InvalidArgumentError } from 'commander'

/** Events that a person may name; `api` and the rest come from servers. */
export const NAMED_EVENTS = ['push', 'tag', 'merge_request', 'schedule', 'manual'] as const
export type NamedEvent = (typeof NAMED_EVENTS)[number]

/** What `ballast run` and `ballast pipeline compile` have in common: the occasion to compile for. */
export interface OccasionOptions {
  readonly folder: string
  readonly ref?: string
  readonly event?: NamedEvent
  readonly target?: string
  readonly var?: readonly string[]
  readonly input?: readonly string[]
  readonly changed?: readonly string[]
  readonly projectPath?: readonly string[]
  readonly project?: string
}

/** Adds the options of the occasion to a command. */
export function withOccasion(command: Command): Command {
  return command
    .option('--folder <folder>', 'the working tree', '.')
    .option('--ref <ref>', 'as if on this branch or tag; default: what is checked out')
    .option('--event <event>', `as if by one of ${NAMED_EVENTS.join(', ')}; default: push`, eventOf)
    .option('--target <branch>', 'where the merge request goes; default: the default branch')
    .option('--var <name=value...>', 'a variable of the pipeline; outranks those of the files', pairs)
    .option('--input <name=value...>', 'an input of the pipeline (spec: inputs)', pairs)
    .option('--changed <path...>', 'these files changed; default: as git says')
    .option('--project <name>', "the project's name, such as team/app; default: as the remote has it")
    .option('--project-path <name=folder...>', 'where another project lies, for include: project', pairs)
}

function eventOf(text: string): NamedEvent {
  const found = NAMED_EVENTS.find(event => event === text.replace('-', '_'))
  if (found) return found
  throw new InvalidArgumentError(`One of ${NAMED_EVENTS.join(', ')}.`)
}

function pairs(text: string, before: readonly string[] = []): readonly string[] {
  if (/^[^=]+=/.test(text)) return [...before, text]
  throw new InvalidArgumentError(`Expected name=value, found '${text}'.`)
}

/** `NAME=value` pairs as a table; the last of a name counts. */
export function tableOf(given: readonly string[] | undefined): ReadonlyMap<string, string> {
  return new Map(
    (given ?? []).map(pair => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
