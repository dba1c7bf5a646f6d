import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mutantsOf } from '../../../../test/fixtures/convert/sklearn/mutants.ts'
import { bytesOf } from '../../../../test/fixtures/onnx-run.ts'
import { BallastError, type ByteSource } from '../../../core/index.ts'
import { type Estimator, openModel } from '../../../formats/index.ts'
import { GraphBuilder } from '../../graph/builder.ts'
import { declareInputs } from '../inputs.ts'
import { declareOutputs, outputsOf } from '../outputs.ts'
import { rootOf } from '../root.ts'
import { Run } from '../run.ts'

const FOLDER = fileURLToPath(
  new URL('../../../../test/fixtures/convert/sklearn/models/1.9/', import.meta.url),
)
/** Of all mutants of all estimators, each so-manieth is tried; a prime, so that all kinds of junk have their turn. */
const STEP = 151

async function converted(source: ByteSource, estimator: Estimator): Promise<void> {
  const graph = new GraphBuilder()
  const run = new Run(source, graph)
  const { columns, names } = await declareInputs(run, graph, estimator)
  const result = await run.convert('', estimator, columns, 'predict')
  run.refusals.check('the mutant')
  const outputs = outputsOf(graph.at({ name: 'outputs', kind: 'outputs' }), result!)
  declareOutputs(graph, outputs, names, () => {})
  await bytesOf(graph.build({ name: 'mutant' }).model)
}

test('an estimator with anything in an attribute is converted, or refused with an error that says why', async () => {
  const odd: string[] = []
  let [tried, turn] = [0, 0]
  for (const file of (await readdir(FOLDER)).filter(name => name.endsWith('.pkl.xz')).toSorted()) {
    const model = await openModel(FOLDER + file)
    const { source } = model.input!
    const { estimator } = await rootOf(source)
    for (const [where, mutant] of mutantsOf(estimator)) {
      if (turn++ % STEP !== 0) continue
      tried++
      await converted(source, mutant).catch(error => {
        if (!(error instanceof BallastError)) odd.push(`${file}${where}: ${error}`)
      })
    }
    await model.close()
  }
  expect(odd).toEqual([])
  expect(tried).toBeGreaterThan(500)
}, 60_000)
