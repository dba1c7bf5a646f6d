import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WantedReplica } from '../../src/api/index.ts'
import { openFile } from '../../src/core/index.ts'
import { openNpz } from '../../src/formats/index.ts'
import type { ModelConfig } from '../../src/model/index.ts'
import { json, ServingWorld } from '../fixtures/serving-world.ts'

const ROOT = join(import.meta.dirname, '../..')
const TABLE = join(ROOT, 'test/fixtures/inference/table')
const TEXT = join(ROOT, 'test/fixtures/convert/sklearn/text/1.9')
const run = promisify(execFile)
const world = new ServingWorld()

/** A model of scikit-learn, converted as a user converts it, and wanted as a replica. */
async function aReplica(
  replica: string,
  number: number,
  file: string,
  config: ModelConfig,
): Promise<WantedReplica> {
  const path = join(world.folder, `${replica}.onnx`)
  await run(process.execPath, [join(ROOT, 'src/cli/main.ts'), 'convert', file, '-o', path])
  return {
    replica,
    version: `ver_${number}`,
    versionNumber: number,
    model: config.name,
    config: JSON.parse(JSON.stringify(config)),
    files: [world.plane.addBlob('model.onnx', await readFile(path))],
  }
}

let expected: { accuracy: number; labels: string[]; probabilities: number[][]; classes: string[] }
let csv: string

beforeAll(async () => {
  await world.start()
  expected = JSON.parse(await readFile(join(TABLE, 'expected.json'), 'utf8'))
  csv = await readFile(join(TABLE, 'passengers.csv'), 'utf8')
  const passengers = await aReplica('rep_table', 1, join(TABLE, 'passengers.pkl.xz'), {
    name: 'passengers',
    task: 'classification',
    labels: expected.classes,
    preprocess: [],
    output: 'probabilities',
    columns: [
      { name: 'age', type: 'float', missing: { kind: 'nan' } },
      { name: 'siblings', type: 'integer' },
      { name: 'fare', type: 'float' },
      { name: 'port', type: 'text' },
      { name: 'cabin', type: 'category', values: ['A', 'B', 'NA'] },
    ],
  })
  const texts = await aReplica('rep_text', 2, join(TEXT, 'classifier-logistic.pkl.xz'), {
    name: 'texts',
    task: 'classification',
    labels: [],
    preprocess: [],
    output: 'label',
    answer: { outputs: ['probabilities'] },
  })
  await world.serve([passengers, texts])
  const route = (model: string, number: number, replica: string) => ({
    ...{ model, environment: 'production', project: 'prj_1', predictions: 'public' as const },
    ...{ arms: [world.arm('stable', number, 1, [replica])], standby: [] },
  })
  await world.route([route('passengers', 1, 'rep_table'), route('texts', 2, 'rep_text')])
})
afterAll(() => world.stop())

const PREDICT = '/v2/models/passengers/predict'
/** The columns that the model takes, of the whole file: a quote stands in one of them. */
const columnsOnly = () => csv.trimEnd().replaceAll(/,[^,\n]*,[^,\n]*,[^,\n]*$/gm, '')

test('a table as curl uploads it is answered as scikit-learn answers', async () => {
  const answer = await world.call(PREDICT, columnsOnly(), { 'content-type': 'text/csv' })
  const { predictions, version } = json(answer)
  expect(version).toBe(1)
  expect(predictions.map(({ label }: { label: string }) => label)).toEqual(expected.labels)
  for (const [row, { score, index }] of predictions.entries())
    expect(score).toBeCloseTo(expected.probabilities[row]![index]!, 5)
})

test('records, lines of JSON, and answers in CSV', async () => {
  const [header, ...lines] = columnsOnly().split('\n')
  expect(header).toBe('age,siblings,fare,port,cabin')
  // Rows 2 and 5 have no quoted cell.
  const records = [lines[1]!, lines[4]!].map(line => {
    const [age, siblings, fare, port, cabin] = line.split(',')
    return { cabin, port, age: Number(age), siblings: Number(siblings), fare: Number(fare) }
  })
  const wanted = [expected.labels[1], expected.labels[4]]
  const one = json(
    await world.call(PREDICT, JSON.stringify(records[0]), { 'content-type': 'application/json' }),
  )
  expect(one).toMatchObject({ model: 'passengers', label: wanted[0] })
  const several = json(await world.call(PREDICT, JSON.stringify(records)))
  expect(several.predictions.map(({ label }: { label: string }) => label)).toEqual(wanted)
  const ndjson = records.map(record => JSON.stringify(record)).join('\n')
  const told = await world.call(PREDICT, ndjson, {
    'content-type': 'application/x-ndjson',
    accept: 'text/csv',
  })
  expect(told.headers['content-type']).toMatch(/^text\/csv/)
  expect(
    String(told.body)
      .split('\r\n')
      .map(line => line.split(',')[0]),
  ).toEqual(['label', ...wanted, ''])
})

test('what is evaluated is what is answered', async () => {
  const folder = await mkdtemp(join(world.folder, 'repository-'))
  for (const file of ['passengers.pkl.xz', 'passengers.csv']) await cp(join(TABLE, file), join(folder, file))
  const yaml = `
model:
  name: passengers
  file: passengers.pkl.xz
  task: classification
  columns:
    - { name: age, type: float, missing: nan }
    - { name: siblings, type: integer }
    - fare: float
    - port: text
    - { name: cabin, type: category, values: [A, B, NA] }
evaluate: { data: passengers.csv, fields: { label: survived } }
`
  await writeFile(join(folder, 'ballast.yaml'), yaml)
  const main = join(ROOT, 'src/cli/main.ts')
  const { stdout } = await run(process.execPath, [main, 'evaluate', '--folder', folder, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ examples: 120, metrics: { accuracy: expected.accuracy } })
})

test('what a column does not take is told with its row, and nobody else is harmed', async () => {
  const lines = columnsOnly().split('\n')
  const spoiled = [...lines.slice(0, 3), '1,2,much,Southampton,A'].join('\n')
  const [refused, answered] = await Promise.all([
    world.call(PREDICT, spoiled, { 'content-type': 'text/csv' }),
    world.call(PREDICT, lines.join('\n'), { 'content-type': 'text/csv' }),
  ])
  expect(refused.status).toBe(400)
  expect(json(refused)).toMatchObject({
    code: 'REQUEST_INVALID',
    error: "Line 4, column 'fare': expected a number, found 'much'",
  })
  expect(json(answered).predictions).toHaveLength(120)
  const typo = await world.call(PREDICT, '{"agee":1}')
  expect(json(typo)).toMatchObject({ error: "Row 1: there is no column 'agee'", hint: "Did you mean 'age'?" })
})

test('texts are classified as scikit-learn classifies them', async () => {
  const source = await openFile(join(TEXT, 'expected.npz'))
  const npz = await openNpz(source)
  const read = async (name: string) => (await (await npz.array(name)).read()).data
  const labels = (await read('classifier-logistic/out/label')) as readonly string[]
  const probabilities = await read('classifier-logistic/out/probabilities')
  // All of its models were asked about the same texts.
  const texts = (await read('count/in/input')) as readonly string[]
  await source.close()

  const path = '/v2/models/texts/predict'
  const listed = json(await world.call(path, JSON.stringify(texts), { 'content-type': 'application/json' }))
  expect(listed.predictions.map(({ label }: { label: string }) => label)).toEqual(labels)
  const told = listed.predictions.flatMap(
    ({ outputs }: { outputs: { probabilities: number[] } }) => outputs.probabilities,
  )
  for (const [i, probability] of told.entries()) expect(probability).toBeCloseTo(Number(probabilities[i]), 5)
  const alone = await world.call(path, texts[14]!, { 'content-type': 'text/plain; charset=utf-8' })
  expect(json(alone)).toMatchObject({ model: 'texts', version: 2, label: '花' })
})
