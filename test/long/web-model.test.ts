import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { startBrowser } from '../e2e/web-world/browser.ts'
import { buildWeb } from '../e2e/web-world/built.ts'
import { type Delivery, type DigitsWorld, startDigitsWorld } from '../e2e/web-world/digits.ts'
import { watchedPage } from '../e2e/web-world/page.ts'

const REQUESTS_PER_SECOND = 100
/** For evidence to gather on a machine that does much else. */
const EVIDENCE = { timeout: 90_000 } as const
/** The first model takes it for a 9; the better one does not. */
const HARD_SEVEN = '7-4007'

/** Decided after few requests, on a busy machine as well. */
const LENIENT = '{ errors: 20%, latency: 400%, min_requests: 10 }'

/** Its canary goes nowhere by itself: what ends it is a person. */
const HELD: Delivery = {
  jobs: '  labels: { run: "sort labels.txt | tee sorted.txt", produces: sorted.txt }',
  production: `{ branch: main, steps: [{ weight: 25%, hold: 10m }], analysis: ${LENIENT} }`,
}

/** A job that runs until somebody stops it, one that fails, and a deployment that asks first. */
const ATTENDED: Delivery = {
  jobs: `  endless:
    run: i=0; while :; do echo "tick $i"; i=$((i+1)); sleep 0.2; done
    allow_failure: true
  flaky: { run: "echo out of luck; exit 3", allow_failure: true }`,
  production: `{ branch: main, steps: [25%], analysis: ${LENIENT}, approve: maintainers }`,
}

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`The pages of models are not tested: no Chromium starts here: ${browser.missing}`)

describe.skipIf('missing' in browser)('a model’s releases, steered in a browser', () => {
  let world: DigitsWorld
  let page: Page
  let pushed: Promise<void> = Promise.resolve()
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    world = await startDigitsWorld()
    ;({ page, complaints } = await watchedPage(browser, 30_000, { viewport: { width: 1280, height: 1400 } }))
  })
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await world?.stop()
  })

  const panel = (name: string | RegExp) => page.getByRole('region', { name })
  const bar = (label: string) => panel('Traffic').getByRole('img', { name: label, exact: true })
  const serving = async (version: string) => {
    const heading = page.getByRole('heading', { level: 1 })
    await heading.getByText(version, { exact: true }).waitFor()
    await heading.getByText('Serving').waitFor()
  }
  const stateOf = (job: string, state: string, patience = {}) =>
    page.locator(`button[data-job="${job}"][data-state=${state}]`).waitFor(patience)
  const log = () => page.getByRole('region', { name: 'Log', exact: true })

  /** Opens the question with the keyboard alone, and answers it with yes. */
  async function confirmByKeyboard(button: Locator, question: string): Promise<void> {
    const label = await button.textContent()
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: question })
    await dialog.waitFor()
    // What changes nothing has the focus first.
    expect(await focused()).toBe('Cancel')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe(label)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
  }
  const focused = () => page.evaluate<string | null>('document.activeElement.textContent')

  async function confirm(button: Locator, question: string): Promise<void> {
    await button.click()
    const dialog = page.getByRole('dialog', { name: question })
    await dialog.getByRole('button').last().click()
    await dialog.waitFor({ state: 'detached' })
  }

  /** What the try-it box says that this version reads in an image. */
  async function readBy(version: string, sample: string): Promise<string | null> {
    const trial = panel('Try it')
    await trial.getByRole('button', { name: 'Image', exact: true }).click()
    await trial.locator('input[type=file]').setInputFiles(world.sample(sample))
    await trial.getByText(`${version} answered in`).waitFor()
    return trial.getByTestId('label').textContent()
  }

  function pushLater(title: string, delivery: Delivery, candidate?: string): void {
    const said = world.said.length
    onTestFailed(() => console.log(world.said.slice(said).join('\n')))
    pushed = world.push(title, delivery, candidate)
    pushed.catch(() => undefined)
  }

  test('the first version that is pushed serves', async () => {
    pushLater('A small network', HELD)
    await page.goto(world.ballast.url)
    await page.getByLabel('Access token').fill(world.ballast.token)
    await page.getByRole('button', { name: 'Log in' }).click()
    const row = page.getByRole('row', { name: /^digits/ })
    await row.getByText('v1', { exact: true }).waitFor()
    await row.getByText('Serving').waitFor()
    await row.getByRole('link', { name: 'digits' }).first().click()
    await serving('v1')
    await bar('Stable 100%').waitFor()
    await pushed
  })

  test('an image is read', async () => {
    expect(await readBy('v1', '3-4002')).toBe('3')
  })

  test('the request that the editor proposes is answered', async () => {
    const trial = panel('Try it')
    await trial.getByRole('button', { name: 'JSON' }).click()
    await trial.getByRole('button', { name: 'Send' }).click()
    await trial.getByText('v1 answered in').waitFor()
    expect(JSON.parse((await trial.locator('pre').textContent())!)).toMatchObject({
      model_name: 'digits',
      outputs: [{ datatype: 'FP32', shape: [1, 10] }],
    })
  })

  test('a canary shows its three arms and its figures', async () => {
    world.traffic.start(REQUESTS_PER_SECOND)
    pushLater('A better network', HELD, 'better.onnx')
    await bar('Stable 50%, Baseline 25%, Canary 25%').waitFor()
    const rollout = panel(/^Rollout of v2/)
    await rollout.getByText('against v1').waitFor()
    const analysis = rollout.getByRole('region', { name: 'Analysis' })
    await analysis.getByRole('status').getByText('Passed').waitFor(EVIDENCE)
    const counts = (await analysis.getByText(/requests$/).textContent())!
    const [canary, baseline] = counts.match(/\d+/g)!.map(Number)
    expect(Math.min(canary!, baseline!)).toBeGreaterThanOrEqual(10)
    const metrics = await analysis.locator('tbody code').allTextContents()
    expect(metrics.some(name => name.startsWith('error'))).toBe(true)
    expect(metrics.some(name => name.startsWith('latency'))).toBe(true)
    await rollout.locator('[aria-current=step]').getByText('25%').waitFor()
  })

  test('aborted by keyboard, all traffic is stable’s again, and the history says by whom', async () => {
    await confirmByKeyboard(page.getByRole('button', { name: 'Abort' }), 'Abort the rollout of v2?')
    await bar('Stable 100%').waitFor()
    await serving('v1')
    const past = panel('Earlier rollouts').locator('details').first()
    await past.locator('summary').click()
    const last = past.getByRole('region', { name: 'History' }).getByRole('listitem').first()
    expect(await last.textContent()).toMatch(/Aborted.*0%.*admin/)
    // It keeps the evidence that there was.
    await past.getByRole('region', { name: 'Analysis' }).getByText('Passed').first().waitFor()
    const version = panel('Versions').getByRole('row', { name: /^v2/ })
    await version.getByText('Canary').waitFor({ state: 'detached' })
    expect((await world.traffic.sendOne()).version).toBe('1')
    await pushed
  })

  test('promoted by hand, the next version serves', async () => {
    pushLater('The better network again', HELD)
    await bar('Stable 50%, Baseline 25%, Canary 25%').waitFor()
    await confirm(page.getByRole('button', { name: 'Promote' }), 'Promote v3 now?')
    await serving('v3')
    await bar('Stable 100%').waitFor()
    expect((await world.traffic.sendOne()).version).toBe('3')
    expect(await readBy('v3', HARD_SEVEN)).toBe('7')
    await pushed
  })

  test('rolled back, the version before answers', async () => {
    const head = page.getByRole('main').getByRole('button', { name: 'Roll back to v1' }).first()
    await confirm(head, 'Roll back digits to v1?')
    await serving('v1')
    expect((await world.traffic.sendOne()).version).toBe('1')
    expect(await readBy('v1', HARD_SEVEN)).toBe('9')
  })

  test('a running job’s log is followed, and the job canceled', async () => {
    pushLater('With jobs that want attention', ATTENDED)
    await page.getByRole('link', { name: 'pipeline #4' }).first().click()
    await page.locator('button[data-job=endless]').click()
    await stateOf('endless', 'running')
    await log().getByText('tick 0', { exact: true }).waitFor()
    await log().getByText('tick 12', { exact: true }).waitFor()
    await confirm(page.getByRole('button', { name: 'Cancel', exact: true }), 'Cancel endless?')
    await stateOf('endless', 'canceled')
    await page.getByText('canceled by admin').waitFor()
  })

  test('a failed job is tried again', async () => {
    await page.locator('button[data-job=flaky]').click()
    await stateOf('flaky', 'failed')
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.getByRole('button', { name: /^Attempt 2 Failed/ }).waitFor()
    await log().getByText('out of luck', { exact: true }).waitFor()
  })

  test('a deployment waits for a person’s approval, and then serves', async () => {
    await stateOf('deploy:production', 'waiting')
    await page.locator('button[data-job="deploy:production"]').click()
    await confirm(page.getByRole('button', { name: 'Approve' }), 'Approve deploy:production?')
    await stateOf('deploy:production', 'succeeded', EVIDENCE)
    await pushed
    await page.getByRole('link', { name: 'Fleet' }).click()
    const row = page.getByRole('row', { name: /^digits/ })
    await row.getByText('v4', { exact: true }).waitFor()
  })

  test('clients saw nothing of all this', async () => {
    await world.traffic.stop()
    expect(world.traffic.failures).toEqual([])
    expect([...world.traffic.tallies.keys()].sort()).toEqual(['1', '2', '3', '4'])
  })

  test('a kept file is saved', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Projects' }).click()
    await page.getByRole('link', { name: 'digits', exact: true }).click()
    await page.getByRole('link', { name: /#1$/ }).click()
    await page.locator('button[data-job=labels]').click()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'sorted.txt' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe('sorted.txt')
    expect(await readFile(await file.path(), 'utf8')).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n')
  })

  test('and the page has complained of nothing', () => {
    expect(complaints).toEqual([])
  })
})
