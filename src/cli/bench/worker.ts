import { text } from 'node:stream/consumers'
import { LoadGenerator } from './generator.ts'
import { planSchema } from './plan.ts'

/** The life of a generator's process: a plan from standard input, its result as JSON on standard output. */
export async function generatorProcess(): Promise<void> {
  const plan = planSchema.parse(JSON.parse(await text(process.stdin)))
  const result = await new LoadGenerator(plan).run()
  await new Promise(resolve => process.stdout.write(`${JSON.stringify(result)}\n`, resolve))
}
