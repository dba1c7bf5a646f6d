import { Command } from 'commander'
import { BallastError } from '../../core/index.ts'
import { replicaProcess, spareProcess } from '../../inference/index.ts'

/** `ballast replica`: one process that serves one version. A host starts it. */
export function replicaCommand(): Command {
  return new Command('replica')
    .description('serve one version of a model on a Unix socket (started by `ballast host`)')
    .option('--spec <file>', 'what to serve: a JSON file that the host wrote')
    .option('--spare', 'load all but the model, and wait on standard input to be told which', false)
    .option('--tied', 'end when standard input does', false)
    .action(run)
}

interface Options {
  readonly spec?: string
  readonly spare: boolean
  readonly tied: boolean
}

async function run({ spec, spare, tied }: Options): Promise<void> {
  if (spare) return spareProcess()
  if (spec !== undefined) return replicaProcess(spec, { tied })
  throw new BallastError('ARGUMENT_MISSING', {
    message: 'Name what to serve with --spec',
    hint: 'A host writes that file; `ballast serve MODEL` serves a model by itself.',
  })
}
