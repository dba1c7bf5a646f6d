import { openModel } from '../../../formats/index.ts'
import { print } from '../../output/print.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { localRepository } from '../../stages/local.ts'
import { started } from '../apart/start.ts'
import { describeSteps, stepsInside } from '../steps/steps.ts'
import type { Options } from './options.ts'

/** The model's own steps, as a part of its graph. */
export async function steps(
  path: string,
  { folder, output, json, maxMemory: memory }: Options,
): Promise<void> {
  const config = await modelConfigOf(folder, await localRepository(folder))
  const model = await openModel(path)
  const own = { program: started(), ...(memory !== undefined && { memory }) }
  try {
    print(await stepsInside(model, { path, out: output, config, ...own }), json, describeSteps)
  } finally {
    await model.close()
  }
}
