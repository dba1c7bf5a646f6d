import { openModel } from '../../../formats/index.ts'
import { print } from '../../output/print.ts'
import { modelConfigOf } from '../../stages/context.ts'
import { localRepository } from '../../stages/local.ts'
import { describeSteps, stepsInside } from '../steps.ts'
import type { Options } from './options.ts'

/** The model's own steps, as a part of its graph. */
export async function steps(path: string, { folder, output, json }: Options): Promise<void> {
  const config = await modelConfigOf(folder, await localRepository(folder))
  const model = await openModel(path)
  try {
    print(await stepsInside(model, { path, out: output, config }), json, describeSteps)
  } finally {
    await model.close()
  }
}
