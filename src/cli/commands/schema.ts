import { Command } from 'commander'
import { ballastSchema } from '../../config/index.ts'

/** `ballast schema`: the JSON Schema of ballast.yaml, for editors. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of ballast.yaml, for completion and checks in an editor')
    .action(() => {
      process.stdout.write(`${JSON.stringify(ballastSchema(), undefined, 2)}\n`)
    })
}
