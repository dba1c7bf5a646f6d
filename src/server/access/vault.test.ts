import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../core/index.ts'
import { Vault } from './vault.ts'

const project = newId('project')
let folder: string
let vault: Vault
const keyFile = () => join(folder, 'secrets', 'vault.key')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-vault-'))
  await mkdir(join(folder, 'secrets'))
  vault = new Vault(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('what was sealed is opened again, by another process as well', async () => {
  const values = fc.string({ unit: 'binary', minLength: 0, maxLength: 300 })
  await fc.assert(
    fc.asyncProperty(values, async value => {
      const sealed = await vault.seal(project, 'API_KEY', value)
      expect(sealed).toMatch(/^v1\.[\w-]{16}\.[\w-]{22,}$/)
      expect(await new Vault(folder).unseal(project, 'API_KEY', sealed)).toBe(value)
    }),
    { numRuns: 50 },
  )
})

test('the same value sealed twice is not the same text', async () => {
  const seal = () => vault.seal(project, 'API_KEY', 'the same')
  expect(await seal()).not.toBe(await seal())
})

test('the key is made once, for its owner alone, and leaves nothing beside it', async () => {
  const names = ['A', 'B', 'C', 'D', 'E', 'F']
  const sealed = await Promise.all(names.map(name => new Vault(folder).seal(project, name, `of ${name}`)))
  for (const [n, name] of names.entries())
    expect(await vault.unseal(project, name, sealed[n]!)).toBe(`of ${name}`)
  expect(await readdir(join(folder, 'secrets'))).toEqual(['vault.key'])
  expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
  expect(await readFile(keyFile())).toHaveLength(32)
})

describe('stays sealed, and says nothing of what is inside', () => {
  const opened = async (sealed: string, name = 'API_KEY', of = project) => {
    const error: unknown = await vault.unseal(of, name, sealed).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'VAULT_SEALED' })
    expect(String(error)).not.toContain('inside')
  }

  test('whatever character was changed', async () => {
    const sealed = await vault.seal(project, 'API_KEY', 'inside!')
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      await opened(sealed.slice(0, at) + other + sealed.slice(at + 1))
      await opened(sealed.slice(0, at))
    }
  })

  test.each([
    '',
    'v1',
    'v1..',
    'v2.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    'v1.AAAAAAAAAAAAAAAA.AAAA',
    'inside',
  ])('%j was never sealed', async text => {
    await vault.seal(project, 'API_KEY', 'makes the key')
    await opened(text)
  })

  test('under another name, or in another project', async () => {
    const sealed = await vault.seal(project, 'API_KEY', 'inside')
    await opened(sealed, 'API_KEY2')
    await opened(sealed, 'API_KEY', newId('project'))
  })

  test('with another key, a cut key and no key', async () => {
    const sealed = await vault.seal(project, 'API_KEY', 'inside')
    await writeFile(keyFile(), Buffer.alloc(32, 7))
    await opened(sealed)
    await writeFile(keyFile(), Buffer.alloc(31, 7))
    await opened(sealed)
    await rm(keyFile())
    await opened(sealed)
    expect(await readdir(join(folder, 'secrets'))).toEqual([])
  })
})
