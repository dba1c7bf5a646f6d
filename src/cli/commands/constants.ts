import { Command } from 'commander'
import { computeConstants } from '../optimize/constants/child.ts'

/** `ballast constants`: one process that computes constants of one model. */
export function constantsCommand(): Command {
  return new Command('constants')
    .description('compute constants of a model (started by `ballast optimize --simplify`)')
    .argument('<folder>', 'where the graph of constants is, and where results go')
    .action(computeConstants)
}
