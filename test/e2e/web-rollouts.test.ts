import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RolloutView } from '../../src/api/index.ts'
import { VersionsWorld } from '../server/versions.ts'
import { modelFiles, type Repository } from '../server/world.ts'
import { startBrowser } from './web-world/browser.ts'
import { buildWeb } from './web-world/built.ts'
import { watchedPage } from './web-world/page.ts'

const YAML = `model: { name: digits, file: model.onnx }
deploy:
  production: { branch: main, strategy: canary, steps: [10%, 50%] }
`

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`The pages of rollouts are not tested: no Chromium starts here: ${browser.missing}`)

describe.skipIf('missing' in browser)('a rollout and its deployments in the web UI', () => {
  let made: VersionsWorld
  let repository: Repository
  let page: Page
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    made = await VersionsWorld.start()
    repository = await made.world.repository('digits', modelFiles(YAML))
    await made.inPhase((await made.release('digits', repository, 1)).id, 'promoted')
    ;({ page, complaints } = await watchedPage(browser, 30_000, { viewport: { width: 1280, height: 1400 } }))
    await logIn(page, await made.world.secret())
  }, 180_000)
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await made?.world.stop()
  })

  const region = (name: string | RegExp, on = page) => on.getByRole('region', { name })
  const standing = (text: string | RegExp, on = page) =>
    region('Where it stands', on).getByRole('status').filter({ hasText: text }).waitFor()
  const buttons = () => page.getByRole('main').getByRole('button')

  async function logIn(on: Page, token: string): Promise<void> {
    await on.goto(made.world.url)
    await on.getByLabel('Access token').fill(token)
    await on.getByRole('button', { name: 'Log in' }).click()
    await on.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
  }

  async function canary(number: number): Promise<RolloutView> {
    return made.inPhase((await made.release('digits', repository, number)).id, 'progressing')
  }

  /** Opens the question, gives the reason, and says yes. */
  async function decide(button: Locator, question: string, reason: string): Promise<void> {
    await button.click()
    const dialog = page.getByRole('dialog', { name: question })
    await dialog.getByLabel('Reason (optional)').fill(reason)
    await dialog.getByRole('button').last().click()
    await dialog.waitFor({ state: 'detached' })
  }

  test('without requests it says that no data is never a pass', async () => {
    await canary(2)
    await page.goto(`${made.world.url}/models/digits`)
    await page.getByRole('link', { name: 'Rollout of v2' }).click()
    await page.getByRole('heading', { level: 1, name: /digits · Rollout of v2/ }).waitFor()
    await standing('v2 holds at 10%: it has had no requests yet, and no data is never a pass.')
    await region('Evidence').getByText('No evidence yet.').first().waitFor()
    await region('Traffic').getByRole('img', { name: 'Stable 80%, Baseline 10%, Canary 10%' }).waitFor()
  })

  test('it moves before one’s eyes: counts, then the next step', async () => {
    const rollout = (await made.world.rollouts('digits'))[0]!
    await made.gateway.count(rollout.id, 0, 40)
    await region('Evidence').getByText('canary 40 · baseline 40 requests').waitFor()
    await standing('v2 holds at 10%: the evidence does not decide yet.')
    const told =
      /^errors: -?\d+% of the evidence that it is worse, -?\d+% of the evidence that it is no worse/
    await region('Evidence').getByRole('img', { name: told }).waitFor()
    const spent = await region('Evidence').getByRole('meter').getAttribute('value')
    expect(Number(spent)).toBeLessThan(1)
    // As gateways send them: evidence is weighed look by look.
    for (let requests = 200; requests <= 3000; requests += 200)
      await made.gateway.count(rollout.id, 0, requests)
    await page.locator('[aria-current=step]').getByText('50%').waitFor()
    await region('Traffic')
      .getByRole('img', { name: /Baseline 50%, Canary 50%/ })
      .waitFor()
    const metrics = region('Evidence').getByRole('list', { name: 'Metrics' }).getByRole('listitem')
    expect(await metrics.count()).toBeGreaterThanOrEqual(2)
  })

  test('paused with a reason, it says by whom and why; resumed, it goes on', async () => {
    await decide(
      page.getByRole('button', { name: 'Pause' }),
      'Pause the rollout of v2?',
      'the fair begins at noon',
    )
    await standing('v2 stays at 50%: admin paused it.')
    await region('Where it stands').getByText('the fair begins at noon').first().waitFor()
    await decide(page.getByRole('button', { name: 'Resume' }), 'Let the rollout of v2 go on?', '')
    await standing('v2 holds at 50%')
  })

  test('a reader sees all of it, and no button', async () => {
    if ('missing' in browser) return
    const token = await made.world.person('rita', 'reader', 'digits', ['read'])
    const { page: hers, complaints: heard } = await watchedPage(browser, 30_000)
    await logIn(hers, token)
    await hers.goto(page.url())
    await standing('v2 holds at 50%', hers)
    await region('About this rollout', hers).getByText('Canary').waitFor()
    expect(await hers.getByRole('main').getByRole('button').count()).toBe(0)
    expect(await buttons().allTextContents()).toEqual(['Pause', 'Promote', 'Abort'])
    expect(heard).toEqual([])
    await hers.close()
  })

  test('it speaks Chinese', async () => {
    await page.getByLabel('Language').selectOption('zh')
    await page.getByRole('heading', { level: 1, name: /digits · v2 的发布/ }).waitFor()
    await region('当前状况').getByRole('status').filter({ hasText: 'v2 停在 50% 处' }).waitFor()
    await region('证据').getByText('金丝雀').first().waitFor()
    expect(await buttons().allTextContents()).toEqual(['暂停', '全量发布', '中止'])
    await page.getByLabel('语言').selectOption('en')
    await standing('v2 holds at 50%')
  })

  test('asked by keyboard, what changes nothing has the focus first', async () => {
    const focused = () => page.evaluate<string | null>('document.activeElement.textContent')
    await page.getByRole('button', { name: 'Abort' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Abort the rollout of v2?' })
    await dialog.waitFor()
    expect(await focused()).toBe('Cancel')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Abort')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await focused()).toBe('Abort')
  })

  test('aborted with a reason, all traffic is with stable, and the history says why', async () => {
    await decide(page.getByRole('button', { name: 'Abort' }), 'Abort the rollout of v2?', 'wrong labels')
    await standing('v2 was not released: all traffic is with v1.')
    const [latest] = await region('History').getByRole('listitem').allInnerTexts()
    expect(latest?.replace(/\s+/g, ' ')).toMatch(/Aborted 0% Aborted by admin: wrong labels/)
    expect(await buttons().count()).toBe(0)
    expect(await made.gateway.weights('digits')).toEqual({ 'stable v1': 1 })
  })

  test('promoted by hand, the way back is beside it', async () => {
    const { id } = await canary(3)
    await page.goto(`${made.world.url}/models/digits/rollouts/${id}`)
    await decide(page.getByRole('button', { name: 'Promote' }), 'Promote v3 now?', 'measured elsewhere')
    await standing('v3 takes all traffic.')
    await region('Where it stands')
      .getByText(/^Promoted by admin at 10 %.*: measured elsewhere$/)
      .waitFor()
    await page.getByRole('button', { name: 'Roll back to v1' }).waitFor()
  })

  test('deployments tell what serves, who decided and why; any earlier version is one click away', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Deployments' }).click()
    const now = page.getByRole('table', { name: 'Serving now' }).getByRole('row', { name: /digits/ })
    await now.getByText('v3', { exact: true }).waitFor()
    const line = (name: RegExp) => page.getByRole('table', { name: 'History' }).getByRole('row', { name })
    expect(await line(/Served v1 → v3/).textContent()).toMatch(/admin.*measured elsewhere/)
    expect(await line(/Aborted v1 → v2/).textContent()).toMatch(/admin.*wrong labels/)
    // Neither what serves nor what never did is returned to.
    expect(
      await line(/Served v1 → v3|Aborted/)
        .getByRole('button')
        .count(),
    ).toBe(0)
    const first = line(/Served v1 the checks/).getByRole('button', { name: 'Roll back to v1' })
    await first.click()
    const dialog = page.getByRole('dialog', { name: 'Roll back digits to v1?' })
    await dialog.getByLabel('Reason (optional)').fill('callers complain')
    await dialog.getByRole('button').last().click()
    await made.host.serveUntil('v1 serves again', async () => {
      const [{ stable }] = await made.world.admin<readonly [{ stable: { number: number } | null }]>(
        'GET',
        '/models',
      )
      return stable?.number === 1
    })
    await dialog.waitFor({ state: 'detached' })
    await now.getByText('v1', { exact: true }).waitFor()
    const told = await line(/Rolled back v3 → v1/).textContent()
    expect(told).toMatch(/asked by admin.*parity check: callers complain/)
  })

  test('the address keeps what was chosen, and an environment without deployments says so', async () => {
    await page.getByLabel('Environment').selectOption('production')
    await page.waitForURL(/environment=production/)
    await page.getByRole('table', { name: 'History' }).waitFor()
    await page.goto(`${made.world.url}/deployments?environment=staging`)
    await page.getByText('Nothing has served yet.').waitFor()
  })

  test('policies are read beside the environments', async () => {
    await page.goto(`${made.world.url}/projects/digits?tab=policies`)
    const production = region(/production/)
    await production.getByText('default').waitFor()
    const text = (await production.innerText()).replace(/\s+/g, ' ')
    expect(text).toMatch(/Branches main .*First step at most 25%/)
  })

  test('and the page has complained of nothing', () => {
    expect(complaints).toEqual([])
  })
})
