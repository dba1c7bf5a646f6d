import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from './web-world/browser.ts'
import { buildWeb } from './web-world/built.ts'
import { watchedPage } from './web-world/page.ts'
import { startWebWorld, type WebWorld } from './web-world/world.ts'

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`What a scan found is not tested in a browser: no Chromium starts here: ${browser.missing}`)

/** A pickle of protocol 0 with a class that no rule knows. */
const OWN = 'cmypackage.models\nNet\n)R.'

describe.skipIf('missing' in browser)('a scan that can’t decide, in a browser', () => {
  let world: WebWorld
  let page: Page
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    world = await startWebWorld()
    ;({ page, complaints } = await watchedPage(browser, 60_000, { viewport: { width: 1280, height: 1400 } }))
  })
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await world?.stop()
  })

  const stateOf = (job: string, state: string) =>
    page.locator(`button[data-job="${job}"][data-state=${state}]`).waitFor()

  test('waits on its pipeline’s page, says what it found, and goes on by a person’s word', async () => {
    await page.goto(world.url)
    await page.getByLabel('Access token').fill(world.token)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('navigation').getByRole('link', { name: 'Projects' }).click()
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('own')
    await page.getByRole('button', { name: 'Create project' }).click()
    await page.getByText('No pipeline yet').waitFor()
    const yaml = 'model: { name: own, file: model.pkl }\nconvert: false\n'
    await world.push('own', { 'model.pkl': OWN, 'ballast.yaml': yaml })
    await page.getByRole('link', { name: 'Pipeline #1' }).click()
    await stateOf('scan', 'waiting')
    await page.locator('button[data-job=scan]').click()
    await page
      .getByText(/mypackage\.models\.Net is called/)
      .first()
      .waitFor()
    await page.getByText('a maintainer may accept it').first().waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
    const dialog = page.getByRole('dialog', { name: 'Approve scan?' })
    await dialog.getByText('your name is recorded').waitFor()
    await dialog.getByRole('button').last().click()
    await stateOf('scan', 'succeeded')
    await page.getByText('approved by admin').first().waitFor()
    await stateOf('register', 'succeeded')
    await stateOf('deploy:production', 'skipped')
  })

  test('and its version shows the verdict, the word and the format, in both languages', async () => {
    await page.goto(`${world.url}/models/own`)
    const row = (panel: string) => page.getByRole('region', { name: panel }).getByRole('row', { name: /^v1/ })
    const english = row('Versions')
    await english.getByText('Unknown', { exact: true }).waitFor()
    await english.getByTitle('approved by admin').waitFor()
    await english.getByText('pickle', { exact: true }).waitFor()
    await english.getByText('not served yet').waitFor()
    expect(await english.getByTitle(/no ONNX form beside model\.pkl/).count()).toBe(1)
    await page.getByLabel('Language').selectOption('zh')
    const chinese = row('版本')
    await chinese.getByText('未知', { exact: true }).waitFor()
    await chinese.getByText('pickle', { exact: true }).waitFor()
    await chinese.getByText('暂不可服务').waitFor()
    await page.getByRole('columnheader', { name: '扫描' }).waitFor()
    expect(complaints).toEqual([])
  })
})
