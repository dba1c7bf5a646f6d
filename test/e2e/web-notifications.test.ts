import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isSigned, Receiver } from '../server/receiver.ts'
import { startWorld, type World } from '../server/world.ts'
import { startBrowser } from './web-world/browser.ts'
import { buildWeb } from './web-world/built.ts'
import { watchedPage } from './web-world/page.ts'

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`The page of notifications is not tested: no Chromium starts here: ${browser.missing}`)

describe.skipIf('missing' in browser)('notifications in the web UI', () => {
  let world: World
  let receiver: Receiver
  let page: Page
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    world = await startWorld()
    receiver = await Receiver.start()
    await world.admin('POST', '/projects', { name: 'digits' })
    await world.admin('PUT', '/settings/notifications', { allow: ['private', 'plain'] })
    ;({ page, complaints } = await watchedPage(browser, 30_000, { viewport: { width: 1280, height: 1000 } }))
    await page.goto(world.url)
    await page.getByLabel('Access token').fill(await world.secret())
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
    await page.goto(`${world.url}/projects/digits?tab=notifications`)
  }, 180_000)
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await world?.stop()
    await receiver?.close()
  })

  const dialog = (name: string | RegExp) => page.getByRole('dialog', { name })
  let secret = ''

  test('a webhook is added, and its secret shown once', async () => {
    await page.getByText('No channel yet').waitFor()
    await page.getByRole('button', { name: 'New channel' }).click()
    const form = dialog('New channel')
    await form.getByLabel('Name').fill('ops')
    await form.getByLabel('Address').fill(receiver.url)
    await form.getByLabel('rollout stands still').check()
    await form.getByRole('button', { name: 'Create channel' }).click()
    secret = /whsec_\S+/.exec(await dialog('Secret of the webhook').innerText())?.[0] ?? ''
    await dialog('Secret of the webhook').getByRole('button', { name: 'Close' }).click()
    const row = page.getByRole('row', { name: /ops/ })
    await row.getByText(/promoted.*rollout stands still/).waitFor()
    expect(await row.innerText()).not.toMatch(/secret-path|whsec_/)
  })

  test('a test of it arrives, signed, and its log says so; one that is not taken says why', async () => {
    const row = page.getByRole('row', { name: /ops/ })
    await row.getByRole('button', { name: 'Test' }).click()
    const log = dialog('What ops was told')
    await log.getByText('sent').waitFor()
    await log.getByText("Ballast tells digits's news here").waitFor()
    expect(receiver.received.map(each => isSigned(each, secret))).toEqual([true])
    await page.keyboard.press('Escape')
    receiver.answer(410)
    await row.getByRole('button', { name: 'Test' }).click()
    await log.getByText('given up').waitFor()
    await log.getByText('the answer was 410').waitFor()
    await page.keyboard.press('Escape')
  })

  test('what the server says against a mailbox stands in the form', async () => {
    await page.getByRole('button', { name: 'New channel' }).click()
    const form = dialog('New channel')
    await form.getByLabel('Name').fill('ops')
    await form.getByLabel('Kind').selectOption('E-mail')
    await form.getByLabel('Mail server').fill('mail.example.org')
    await form.getByLabel('From').fill('ballast@example.org')
    await form.getByLabel('To', { exact: true }).fill('ada@example.org')
    await form.getByRole('button', { name: 'Create channel' }).click()
    await form.getByText('digits has a channel ops already').waitFor()
    await form.getByRole('button', { name: 'Cancel' }).click()
  })

  test('it rests, wakes and is removed', async () => {
    const row = page.getByRole('row', { name: /ops/ })
    await row.getByRole('button', { name: 'Rest' }).click()
    await row.getByText('rests').waitFor()
    await row.getByRole('button', { name: 'Wake' }).click()
    await row.getByRole('button', { name: 'Rest' }).waitFor()
    await row.getByRole('button', { name: 'Remove' }).click()
    await dialog(/Remove the channel/)
      .getByRole('button', { name: 'Remove' })
      .click()
    await page.getByText('No channel yet').waitFor()
  })

  test('and the page has complained of nothing but the refusal', () => {
    expect(complaints.filter(text => !text.includes('409'))).toEqual([])
  })
})
