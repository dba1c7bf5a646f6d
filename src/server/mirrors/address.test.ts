import { expect, test } from 'vitest'
import { pin, readAddress } from './address.ts'

test.each([
  ['https://github.com/team/digits.git', []],
  ['https://git.test:8443/x.git', []],
  ['http://git.test/x.git', ['http']],
  ['file:///srv/git/x.git', ['file']],
  ['ssh://git@github.com/team/digits.git', []],
  ['ssh://git.test:2222/x.git', []],
  ['http://127.0.0.1:3000/x.git', ['http', 'private']],
  ['https://[fd00::1]/x.git', ['private']],
] as const)('%s may be, with %j', (url, allowed) => {
  expect(readAddress(url, allowed).url).toBe(url)
})

test.each([
  ['http://git.test/x.git', []],
  ['file:///srv/git/x.git', ['http', 'private']],
  ['ssh://git:secret@git.test/x.git', []],
  ['ssh://-oProxyCommand=id/x.git', ['http', 'file', 'private']],
  ['ssh://-oProxyCommand=id@git.test/x.git', ['http', 'file', 'private']],
  ['ssh://git@127.0.0.1/x.git', []],
  ['ssh://git@[::1]/x.git', []],
  ['ssh://git@a%20b/x.git', []],
  ['git://git.test/x.git', ['http', 'file', 'private']],
  ['ext::sh -c id', ['http', 'file', 'private']],
  ['--upload-pack=id', ['http', 'file', 'private']],
  ['git@git.test:x.git', ['http', 'file', 'private']],
  ['/srv/git/x.git', ['file']],
  ['file://host/srv/x.git', ['file']],
  ['https://user:secret@git.test/x.git', []],
  ['https://secret@git.test/x.git', []],
  ['https://git.test/x.git?a=secret', []],
  ['https://git.test/x.git\nHost: evil', []],
  ['https://127.0.0.1/x.git', []],
  ['https://2130706433/x.git', []],
  ['https://0x7f.1/x.git', []],
  ['https://169.254.169.254/latest/meta-data', []],
  ['https://[::1]/x.git', []],
  ['https://[::ffff:10.0.0.1]/x.git', []],
  ['', []],
] as const)('%j may not, with %j', (url, allowed) => {
  try {
    readAddress(url, allowed)
    expect.fail('it was taken')
  } catch (error) {
    expect(error).toMatchObject({ code: 'OUTBOUND_REFUSED' })
    expect(String(error)).not.toContain('secret')
  }
})

test('a name that leads to this machine is refused, and pinned where that is allowed', async () => {
  const address = readAddress('https://localhost:8443/x.git', [])
  await expect(pin(address, [])).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
  expect(await pin(address, ['private'])).toMatchObject({
    pinned: { host: 'localhost', port: 8443, address: expect.stringMatching(/^127\.|^::1$/) },
  })
})
