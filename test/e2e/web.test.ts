import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from './web-world/browser.ts'
import { buildWeb } from './web-world/built.ts'
import { watchedPage } from './web-world/page.ts'
import { startWebWorld, type WebWorld } from './web-world/world.ts'

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`The web UI is not tested: no Chromium starts here: ${browser.missing}`)

describe.skipIf('missing' in browser)('the web UI, walked through in a browser', () => {
  let world: WebWorld
  let page: Page
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    world = await startWebWorld()
    ;({ page, complaints } = await watchedPage(browser, 20_000, { colorScheme: 'light' }))
  })
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await world?.stop()
  })

  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()
  const node = (job: string) => page.locator(`button[data-job=${job}]`)
  const stateOf = (job: string, state: string) =>
    page.locator(`button[data-job=${job}][data-state=${state}]`).waitFor()

  test('a wrong token is told from the right one', async () => {
    await page.goto(world.url)
    await page.getByLabel('Access token').fill('blst_wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('unknown, revoked or expired')
    await page.getByLabel('Access token').fill(world.token)
    await page.getByRole('button', { name: 'Log in' }).click()
    await heading('Fleet')
    await page.getByText('No model yet').waitFor()
    await page.getByRole('status').getByText('Live').waitFor()
  })

  test('a project is made, and a push to it appears by itself', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Projects' }).click()
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('team/web')
    await page.getByRole('button', { name: 'Create project' }).click()
    await heading('team/web')
    expect(new URL(page.url()).pathname).toBe('/projects/team/web')
    await page.getByText('No pipeline yet').waitFor()
    const gate = join(world.folder, 'gate')
    await world.push('team/web', {
      'model.onnx': 'no model',
      'ballast.yaml': `model: model.onnx
jobs:
  good:
    run:
      - printf '\\033[32m绿色\\033[0m <b>first line</b>\\n'
      - while [ ! -e '${gate}' ]; do sleep 0.1; done
      - echo last line
  bad: { run: "echo no good; exit 3" }
`,
    })
    await page.getByRole('link', { name: 'Pipeline #1' }).click()
    await heading(/Pipeline #1/)
  })

  test('the run goes on before one’s eyes, log and all', async () => {
    await stateOf('bad', 'failed')
    await stateOf('good', 'running')
    await node('good').click()
    const log = page.getByRole('region', { name: 'Log', exact: true })
    await log.getByText('<b>first line</b>', { exact: true }).waitFor()
    expect(await log.locator('.ansi-2').textContent()).toBe('绿色')
    expect(await log.getByText('last line', { exact: true }).count()).toBe(0)
    await writeFile(join(world.folder, 'gate'), '')
    await log.getByText('last line', { exact: true }).waitFor()
    await stateOf('good', 'succeeded')
    await page.getByRole('heading', { level: 1 }).getByText('Failed').waitFor()
    await page.getByRole('heading', { level: 1 }).getByText('Unsandboxed').waitFor()
  })

  test('arrow keys move between jobs, Enter opens one', async () => {
    await node('good').focus()
    const bad = await node('bad').evaluate(element => element.offsetTop)
    const good = await node('good').evaluate(element => element.offsetTop)
    await page.keyboard.press(bad < good ? 'ArrowUp' : 'ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('exit 3', { exact: true }).waitFor()
    await page
      .getByRole('region', { name: 'Log', exact: true })
      .getByText('no good', { exact: true })
      .waitFor()
    await page.getByRole('button', { name: 'Retry' }).waitFor()
  })

  test('it speaks Chinese, is dark on demand, and remembers both', async () => {
    await page.getByLabel('Language').selectOption('zh')
    await heading(/流水线 #1/)
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.getByLabel('外观').selectOption('dark')
    expect(await ground()).not.toBe(light)
    await page.reload()
    await heading(/流水线 #1/)
    expect(await ground()).not.toBe(light)
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
    await page.getByLabel('语言').selectOption('en')
    await heading(/Pipeline #1/)
  })

  test('a token’s secret is shown once, and the token revoked', async () => {
    await page.getByRole('link', { name: 'Tokens' }).click()
    await page.getByRole('button', { name: 'New token' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('for the test')
    await page.getByLabel('predict').check()
    await page.getByRole('button', { name: 'Create token' }).click()
    expect(await page.getByRole('dialog').locator('pre').textContent()).toMatch(/^blst_\w{38}$/)
    await page.keyboard.press('Escape')
    const row = page.getByRole('row', { name: /for the test/ })
    expect(await row.textContent()).toContain('read predict')
    await page.getByText(/blst_\w{38}/).waitFor({ state: 'detached' })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await row.waitFor({ state: 'detached' })
  })

  test('whoever logs out sees the log-in again, and the page has complained of nothing', async () => {
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Access token').waitFor()
    await page.reload()
    await page.getByLabel('Access token').waitFor()
    expect(complaints).toEqual([])
  })
})
