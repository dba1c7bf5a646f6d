import { Command } from 'commander'
import { print } from '../output/print.ts'
import { describeModel, inspectFile } from '../stages/inspect.ts'

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('what a model file is: inputs, outputs, operators, parameters, size; read by ranges')
    .argument('<file>', 'an ONNX file')
    .option('--json', 'for machines, with every tensor')
    .action(async (file: string, { json }: { readonly json?: boolean }) => {
      print(await inspectFile(file), json, description => {
        const operators = description.operators.slice(0, 12).map(({ name, count }) => `${name} × ${count}`)
        return [
          ...describeModel(description),
          `operators: ${operators.join(', ')}`,
          `made by ${description.producer.name} ${description.producer.version}`.trim(),
        ].join('\n')
      })
    })
}
