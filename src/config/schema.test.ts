import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ballastSchema, parseConfig } from './index.ts'

const accepts = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  ballastSchema(),
)

/** Both readers of one file: the schema that an editor has, and ours. */
function verdicts(text: string) {
  return { schema: accepts(parse(text)), reader: parseConfig(text).repository !== undefined }
}

const job = (text: string) => `model: m.onnx\njobs: { a: { run: make, ${text} } }`
const deploy = (text: string) => `model: m.onnx\ndeploy: { production: { ${text} } }`
const model = (text: string) => `model: { file: m.onnx, ${text} }`
const step = (text: string) => model(`preprocess: [${text}]`)
const evaluate = (text: string) => `model: m.onnx\nevaluate: { data: d.npz, ${text} }`
const gate = (text: string) => `${evaluate('limit: 5')}\ngates: [${text}]`

test.each([
  'model: m.onnx',
  'model: m.onnx\ndeploy: {}',
  'model: m.onnx\ndeploy: { production: }',
  'model: m.onnx\ndeploy: { preview: }',
  'model: m.onnx\ndeploy: { preview: {}, previews: {} }',
  'model: m.onnx\ndeploy: { preview: { branch: feature/*, expires: 36h } }',
  evaluate('limit: 5').concat('\noptimize: { try: [fp16] }'),
  evaluate('limit: 5').concat('\noptimize: auto\ndeploy: { production: { variant: int8 } }'),
  evaluate('limit: 5').concat('\noptimize: { prefer: size, gates: [size <= 1 MB] }'),
  deploy('variant: original'),
  deploy('variant: auto'),
  model('name: digits-2, task: generic, labels: labels.txt, input: x, output: y'),
  step('decode: image, grayscale, invert, resize: [28, 28], scale: 1/255'),
  step('scale: 0.5, normalize: { mean: [0.5], std: [0.5] }, layout: hw'),
  step('resize: { size: [1, 2], fit: cover }, crop: [3, 4], scale: 1 / 127.5'),
  job(
    'needs: [], env: { A: 1, B: true, C: text, D: 1.5, E: }, timeout: 1h 30m, retry: 5, allow_failure: true',
  ),
  job('produces: out/*.onnx'),
  job("artifacts: ['**/*.txt', '!**/x.txt']"),
  'model: m.onnx\njobs: { a: { run: [make, make test] }, b: { run: x, needs: a } }',
  'model: m.h5\nconvert: { samples: s.npz, tolerance: 0.01, signature: x }',
  'model: m.onnx\nserve: { cache: 64 MiB, idle: 15m, queue: 1024, threads: 2, max_batch: 32 }',
  evaluate('metrics: [accuracy, size], fields: { input: x, label: y }, slices: { by: [a] }'),
  gate('accuracy >= 0.97, latency_p99 <= 5 ms, "size<5MB"'),
  gate('{ metric: accuracy, versus: production, non_inferior: 0.5%, confidence: 0.9 }'),
  deploy('branch: release/*, strategy: canary, steps: [5%, 25% 10m, { weight: 50%, hold: 1h }]'),
  deploy('steps: [shadow, 5%]'),
  deploy('steps: [shadow 10m, 5%]'),
  deploy('steps: [shadow 20% 1h 30m]'),
  deploy('steps: [{ shadow: 20% }, { weight: 5%, hold: 1h }]'),
  deploy('strategy: immediate, approve: maintainers'),
  deploy('strategy: blue-green, hold: 2h'),
  deploy('supersede: true'),
  deploy(
    'strategy: ab, split: 30%, metric: reward, horizon: 5000 requests, effect: 0.5, otherwise: wait, traffic: { sticky: { header: X-User } }, log: { sample: 100% }',
  ),
  deploy('strategy: ab, metric: latency, horizon: 1d 12h, effect: 5%, traffic: { sticky: { cookie: arm } }'),
  deploy('freeze: [Fri 18:00 - Mon 08:00, { from: 9:00, to: "17:00", days: Mon-Fri, zone: Asia/Tokyo }]'),
  deploy(
    'approve: false, analysis: { errors: 1%, latency: 150%, quantile: p50, confidence: 90%, min_requests: 1 }',
  ),
  'model: m.onnx\nci: .gitlab-ci.yml',
  'model: m.onnx\nci: { file: ci/build.yml, dialect: gitlab }',
  job(
    'shell: bash, labels: gpu, image: python:3.13, cpu: 0.5, memory: 2 GiB, network: false, read_only: true',
  ),
  job('services: [redis:7, { image: postgres:17, alias: [db, pg], command: [a, b], env: { A: 1 } }]'),
  job(
    'cache: [{ paths: a, key: k, fallback: f }, { paths: [b], files: c.lock, policy: pull, when: always }]',
  ),
  job('reports: { junit: a.xml, dotenv: b.env, coverage: c.xml, metrics: d.txt }, keep: always, reuse: true'),
  job('manual: true, interruptible: true, resource_group: gpu'),
])('both accept %s', text => {
  expect(verdicts(text)).toEqual({ schema: true, reader: true })
})

test.each([
  '{}',
  'jobs: {}',
  'model: 5',
  'model: [m.onnx]',
  'model: ""',
  'model: /m.onnx',
  'model: ../m.onnx',
  'model: a/../../m.onnx',
  'model: m.exe',
  'model: m.onnx\nmodle: x',
  'model: m.onnx\nci: ../.gitlab-ci.yml',
  'model: m.onnx\nci: { file: a.yml, dialect: jenkinsfile }',
  job('image: "-v /:/host"'),
  job('cpu: 0'),
  job('memory: much'),
  job('cache: { paths: a, key: ../b }'),
  job('labels: ["a b"]'),
  job('reports: { junit: ../x.xml }'),
  'model: m.onnx\ndeploy: { preview: { branch: "a b" } }',
  'model: m.onnx\ndeploy: { preview: { expires: later } }',
  'model: m.onnx\ndeploy: { preview: { strategy: canary } }',
  'model: m.onnx\ndeploy: { preview: yes }',
  'model: m.onnx\ndeploy: { preview-x: {} }',
  'model: m.onnx\ndeploy: { Production: {} }',
  'model: m.onnx\ndeploy: production',
  model('task: detection'),
  model('name: -x'),
  model('name: 5'),
  model('labels: ""'),
  step('blur'),
  step('decode: audio'),
  step('grayscale: true'),
  step('{}'),
  step('{ scale: 1, invert: 1 }'),
  step('resize: [28]'),
  step('resize: [0, 28]'),
  step('resize: [2.5, 28]'),
  step('resize: { size: [28, 28], mode: fill }'),
  step('scale: 0'),
  step('scale: -1'),
  step('scale: half'),
  step('normalize: { mean: [0.5] }'),
  step('normalize: { mean: [], std: [] }'),
  step('normalize: { mean: [0], std: [0] }'),
  job('timeout: 10'),
  job('timeout: ten'),
  job('retry: 6'),
  job('retry: 1.5'),
  job('allow_failure: "yes"'),
  job('needs: [1]'),
  job('env: [A]'),
  job('env: { A-B: 1 }'),
  job('env: { __proto__: 1 }'),
  job('env: { BALLAST_X: 1 }'),
  job('env: { A: [1] }'),
  job('produces: []'),
  job('produces: /out'),
  job("produces: '!../out'"),
  job('produces: a, artifacts: b'),
  'model: m.onnx\njobs: { a: {} }',
  'model: m.onnx\njobs: { a: make }',
  'model: m.onnx\njobs: { a: { run: [] } }',
  'model: m.onnx\njobs: { a: { run: "" } }',
  'model: m.onnx\njobs: { "a b": { run: x } }',
  'model: m.onnx\njobs: [a]',
  'model: m.h5\nconvert: { tolerance: 0 }',
  'model: m.h5\nconvert: { tolerance: 0.1 }',
  'model: m.h5\nconvert: { opset: 1 }',
  'model: m.onnx\nserve: { idle: ten }',
  'model: m.onnx\nserve: { cache: 64 }',
  'model: m.onnx\nserve: { queue: 0 }',
  'model: m.onnx\nserve: { threads: 1.5 }',
  'model: m.onnx\nserve: { lanes: 2 }',
  'model: m.onnx\nserve: []',
  'model: m.onnx\nevaluate: {}',
  evaluate('limit: 5').concat('\noptimize: { try: [int9] }'),
  evaluate('limit: 5').concat('\noptimize: { try: [] }'),
  evaluate('limit: 5').concat('\noptimize: always'),
  evaluate('limit: 5').concat('\noptimize: { prefer: accuracy }'),
  evaluate('limit: 5').concat('\noptimize: { gates: [size] }'),
  deploy('variant: smallest'),
  evaluate('metrics: []'),
  evaluate('metrics: [acuracy]'),
  evaluate('limit: 0'),
  evaluate('fields: { x: y }'),
  gate('acuracy >= 0.9'),
  gate('accuracy'),
  gate('accuracy = 0.9'),
  gate('5'),
  gate('{ metric: accuracy, versus: staging, non_inferior: 0.1 }'),
  gate('{ metric: accuracy, versus: production }'),
  deploy('strategy: rolling'),
  deploy('steps: []'),
  deploy('freeze: []'),
  deploy('supersede: always'),
  deploy('schedule: [{ from: Fri 18:00 }]'),
  deploy('steps: [5]'),
  deploy('steps: [101%]'),
  deploy('steps: [shade 10m, 5%]'),
  deploy('steps: [shadow 10, 5%]'),
  deploy('steps: [shadow 10m 20%, 5%]'),
  deploy('steps: [{ shadow: 20%, weight: 5% }]'),
  deploy('steps: [{ shadow: true }]'),
  deploy('steps: [{ hold: 5m }]'),
  deploy('approve: true'),
  deploy('branch: ""'),
  deploy('analysis: { errors: 1 }'),
  deploy('analysis: { quantile: p42 }'),
  deploy('analysis: { min_requests: 0 }'),
])('both refuse %s', text => {
  expect(verdicts(text)).toEqual({ schema: false, reader: false })
})

describe('what only the reader sees', () => {
  test.each([
    ['a need of no job', job('needs: [b]')],
    ['steps that shrink', deploy('steps: [25%, 5%]')],
    ['a shadow behind a step', deploy('steps: [5%, shadow]')],
    ['two shadows', deploy('steps: [shadow, shadow 10m, 5%]')],
    ['a shadow of nothing', deploy('steps: [shadow 0%]')],
    ['variants that nothing judges', 'model: m.onnx\noptimize: auto'],
    ['a variant that nothing makes', deploy('variant: int8')],
    ['a gate that nothing measures', 'model: m.onnx\ngates: [accuracy >= 0.9]'],
    [
      'a metric that has no meaning',
      `${gate('mae <= 1')}\n`.replace('model: m.onnx', model('task: classification')),
    ],
    ['preprocessing out of order', step('scale: 1/255, decode: image')],
    ['fewer deviations than means', step('normalize: { mean: [1, 1], std: [1] }')],
    ['a division by zero', step('scale: 1/0')],
  ])('%s', (_, text) => {
    expect(verdicts(text)).toEqual({ schema: true, reader: false })
  })
})

test('the schema is plain JSON, with a description for every key', () => {
  const schema = ballastSchema()
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    required: ['model'],
  })
  const properties = schema['properties'] as Record<string, { description?: string }>
  expect(Object.keys(properties)).toEqual([
    'model',
    'jobs',
    'ci',
    'convert',
    'evaluate',
    'gates',
    'optimize',
    'serve',
    'deploy',
  ])
  for (const property of Object.values(properties)) expect(property.description).toMatch(/\w/)
})
