/** Variants from push to prediction: a real `ballast up`, a real git, the example's models. */
import { execFile } from 'node:child_process'
import { chmod, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type JobView,
  logSchema,
  modelViewSchema,
  namedVersionSchema,
  pipelineSummarySchema,
  pipelineViewSchema,
  policySchema,
} from '../../src/api/index.ts'
import { type DemoBallast, startBallast } from '../../src/cli/demo/ballast.ts'
import { DemoRepository } from '../../src/cli/demo/repository.ts'
import { type Digest, digestOfFile, hexOf } from '../../src/core/index.ts'
import { detectSandbox } from '../../src/runner/index.ts'
import { startBrowser } from '../e2e/web-world/browser.ts'
import { buildWeb } from '../e2e/web-world/built.ts'
import { watchedPage } from '../e2e/web-world/page.ts'

const ROOT = join(import.meta.dirname, '../..')
const ENTRY = join(ROOT, 'src/cli/main.ts')
const EXAMPLE = join(ROOT, 'examples/digits')
const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`Variants in the web UI are not tested: no Chromium starts here: ${browser.missing}`)
/** Named, so that the test does not depend on which of them is faster here. */
const VARIANT = 'fp16-weights'
const DEADLINE_MS = 120_000

const fileOf = (production: string, gate = 'accuracy non_inferior 0.1 versus production') => `model:
  name: digits
  file: model.onnx
  task: image-classification
  labels: labels.txt
  preprocess: [{ decode: image }, grayscale, { resize: [28, 28] }, { scale: 1/255 }]
evaluate: { data: data/test.npz, metrics: [accuracy, size], limit: 300 }
gates: [accuracy >= 0.9]
optimize:
  try: [${VARIANT}, int4]
  gates: ['${gate}']
deploy:
  production: { strategy: immediate, ${production} }
`

let ballast: DemoBallast
let repository: DemoRepository
const said: string[] = []

beforeAll(async () => {
  if (!('missing' in browser)) await buildWeb()
  const sandbox = (await detectSandbox()).best !== undefined
  ballast = await startBallast({
    entry: ENTRY,
    sandbox,
    say: line => said.push(line),
  })
  const remote = new URL('/digits.git', ballast.url)
  remote.username = 'test'
  remote.password = ballast.token
  repository = new DemoRepository(join(ballast.folder, 'digits'), EXAMPLE, remote.href, line =>
    said.push(line),
  )
  await repository.create()
})
afterAll(async () => {
  if (!('missing' in browser)) await browser.close()
  await ballast.stop()
  await rm(ballast.folder, { recursive: true, force: true, maxRetries: 5 })
})

async function push(title: string, yaml: string): Promise<void> {
  await writeFile(join(repository.folder, 'ballast.yaml'), yaml)
  await writeFile(join(repository.folder, 'NOTES.md'), `${title}\n`)
  await repository.push(title)
}

async function jobs(): Promise<readonly JobView[]> {
  const [latest] = await ballast.api.get('/projects/digits/pipelines', z.array(pipelineSummarySchema))
  return (await ballast.api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)).jobs
}

async function jobThat(kind: string, state: JobView['state']): Promise<JobView> {
  return until(`${kind} ${state}`, async () =>
    (await jobs()).find(job => (job.detail === kind || job.kind === kind) && job.state === state),
  )
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`Never: ${what}\n${said.slice(-40).join('\n')}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

const model = () => ballast.api.get('/models/digits', modelViewSchema)
const version = (name: string) => ballast.api.get(`/models/digits/versions/${name}`, namedVersionSchema)

async function predicted(sample: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(new URL('/v2/models/digits/infer', ballast.gatewayUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${ballast.token}`, 'content-type': 'image/png' },
    body: new Uint8Array(await readFile(join(EXAMPLE, 'samples', `${sample}.png`))),
  })
  return { status: response.status, text: await response.text() }
}

/** What the process that serves a version has loaded, by its own specification. */
async function loadedBy(
  id: string,
): Promise<{ readonly digest: Digest; readonly variant?: { name: string } }> {
  const replicas = join(ballast.folder, 'state/host/replicas')
  const name = (await readdir(replicas)).find(each => decodeURIComponent(each) === `production.${id}`)
  const spec = JSON.parse(await readFile(join(replicas, name!, 'spec.json'), 'utf8'))
  return { digest: await digestOfFile(spec.modelPath), ...(spec.variant && { variant: spec.variant }) }
}

test('a variant that passed is recorded with its version, and is what serves', async () => {
  await push('First', fileOf(`variant: ${VARIANT}`))
  const optimize = await jobThat('optimize', 'succeeded')
  expect(optimize.optimization?.tried.map(({ name, outcome }) => [name, outcome])).toEqual([
    [VARIANT, 'passed'],
    ['int4', 'passed'],
  ])
  await jobThat('production', 'succeeded')
  const v1 = await version('v1')
  const variant = v1.variants.find(({ name }) => name === VARIANT)!
  expect(variant.size).toBeLessThan(v1.size * 0.6)
  expect(v1.optimization?.machine.architecture).toBe(process.arch)

  expect((await model()).form).toEqual({ variant: { name: VARIANT, digest: variant.digest }, fallback: null })
  expect(await loadedBy(v1.id)).toMatchObject({ digest: variant.digest, variant: { name: VARIANT } })
  const [original] = v1.manifest.files
  expect(variant.digest).not.toBe(original!.digest)
  const { status, text } = await predicted('7-4007')
  expect({ status, text }).toMatchObject({ status: 200, text: expect.stringContaining('7') })

  const { entries } = await ballast.api.get('/models/digits/log', logSchema)
  const [served] = entries.filter(entry => entry.kind === 'moved')
  expect(served!.reason).toContain(`served as the variant ${VARIANT}, ${variant.digest.slice(0, 19)}`)
})

/** Without traffic no canary could decide; what a first version gets at once, later ones get too. */
async function allowAllAtOnce(): Promise<void> {
  const path = '/projects/digits/policies/production'
  const { environment: _, ...policy } = await ballast.api.get(path, policySchema)
  await ballast.api.tell('PUT', path, { ...policy, maxFirstStep: 1 })
}

test('a variant is checked out by its name, verified', async () => {
  const folder = join(ballast.folder, 'checked-out')
  const { stdout } = await ballastCommand('checkout', 'digits@v1', folder, '--variant', VARIANT, '--json')
  const [variant] = (await version('v1')).variants.filter(({ name }) => name === VARIANT)
  expect(JSON.parse(stdout)).toMatchObject({ number: 1, variant: VARIANT, digest: variant!.digest })
  expect(await digestOfFile(join(folder, 'model.onnx'))).toBe(variant!.digest)
  await expect(ballastCommand('checkout', 'digits@v1', folder, '--variant', 'int9')).rejects.toThrow(
    /v1 has no variant 'int9'/,
  )
})

test('an export carries variants, and who imports it has them and serves none', async () => {
  const file = join(ballast.folder, 'digits.ballast')
  const folder = join(ballast.folder, 'imported')
  await ballastCommand('export', 'digits@v1', file)
  await ballastCommand('import', file, '--project', 'digits', '--model', 'again')
  const again = await ballast.api.get('/models/again/versions/v1', namedVersionSchema)
  const [variant] = again.variants.filter(({ name }) => name === VARIANT)
  expect(variant).toMatchObject({ imported: true, chosen: false })
  expect(again.optimization).toBeNull()
  await ballastCommand('checkout', 'again@v1', folder, '--variant', VARIANT)
  expect(await digestOfFile(join(folder, 'model.onnx'))).toBe(variant!.digest)
})

/** The command, as the admin. */
function ballastCommand(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  const env = { ...process.env, BALLAST_URL: ballast.url, BALLAST_TOKEN: ballast.token }
  return promisify(execFile)(process.execPath, [ENTRY, ...args], { env })
}

test('a variant whose bytes are not what was judged is dropped: the original serves, and the reason is told', async () => {
  await allowAllAtOnce()
  await repository.replaceModel('better.onnx')
  await push('Second', fileOf(`variant: ${VARIANT}, approve: maintainers`))
  const deploy = await jobThat('production', 'waiting')
  const v2 = await version('v2')
  const variant = v2.variants.find(({ name }) => name === VARIANT)!
  await damage(variant.digest as Digest)
  await ballast.api.tell('POST', `/jobs/${deploy.id}/approve`)
  await jobThat('production', 'succeeded')

  const { stable, form } = await model()
  expect(stable?.number).toBe(2)
  expect(form).toMatchObject({
    variant: null,
    fallback: { name: VARIANT, reason: expect.stringMatching(/\w/) },
  })
  const loaded = await loadedBy(v2.id)
  expect(loaded.digest).toBe(v2.manifest.files[0]!.digest)
  expect(loaded.variant).toBeUndefined()
  expect((await predicted('7-4007')).status).toBe(200)
  const { entries } = await ballast.api.get('/models/digits/log', logSchema)
  const [served] = entries.filter(entry => entry.kind === 'moved')
  expect(served!.reason).toContain(`the original serves: its variant ${VARIANT} did not hold`)
})

test('where none passes the stage succeeds and says that the original ships', async () => {
  await push('Third', fileOf('variant: auto', 'size <= 10 kB'))
  const optimize = await jobThat('optimize', 'succeeded')
  expect(optimize.summary[0]).toMatch(/^The original ships/)
  expect(optimize.summary.join('\n')).toMatch(/int4: size/)
  await jobThat('production', 'succeeded')
  const v3 = await version('v3')
  expect(v3.variants).toEqual([])
  expect(v3.optimization?.chosen).toBeNull()
  expect((await model()).form).toEqual({ variant: null, fallback: null })
})

test.skipIf('missing' in browser)('the pages draw what was tried, and tell what serves', async () => {
  if ('missing' in browser) return
  const { page, complaints } = await watchedPage(browser, 30_000)
  await page.goto(ballast.url)
  await page.getByLabel('Access token').fill(ballast.token)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
  const [third, second] = await ballast.api.get('/projects/digits/pipelines', z.array(pipelineSummarySchema))
  await page.goto(`${ballast.url}/pipelines/${second!.id}?job=optimize`)
  const panel = page.getByRole('region', { name: 'Variants' })
  await panel.getByRole('img', { name: '3 forms by size and latency' }).waitFor()
  const row = panel.getByRole('row', { name: VARIANT })
  await row.getByText('Passed').waitFor()
  await row.getByText('%').first().waitFor()

  await page.getByLabel('Language').selectOption('zh')
  await page.goto(`${ballast.url}/pipelines/${third!.id}?job=optimize`)
  const drawn = page.getByRole('region', { name: '变体' })
  await drawn.getByRole('img', { name: '3 种形式的大小与延迟' }).waitFor()
  await drawn.getByRole('row', { name: '原模型' }).getByText('上线').waitFor()
  await page.goto(`${ballast.url}/models/digits`)
  await page.getByRole('row', { name: 'v2' }).getByText(VARIANT).waitFor()
  expect(complaints).toEqual([])
})

/** Other weights in the store under the variant's digest, at its size: what an attacker or a bad disk leaves. */
async function damage(digest: Digest): Promise<void> {
  const hex = hexOf(digest)
  const path = join(ballast.folder, 'state/blobs/blobs/sha256', hex.slice(0, 2), hex.slice(2))
  await chmod(path, 0o644)
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  const length = Math.floor(size / 5)
  await file.write(Buffer.alloc(length, 0x3c), 0, length, Math.floor(size * 0.4))
  await file.close()
  await chmod(path, 0o444)
}
