import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LfsWorld, NO_CLIENT, randomBytes } from './lfs-world.ts'

describe.skipIf(NO_CLIENT !== undefined)(`the git-lfs client${NO_CLIENT ? ` (${NO_CLIENT})` : ''}`, () => {
  let lfs: LfsWorld
  const model = randomBytes(300_000)
  beforeAll(async () => {
    lfs = await LfsWorld.start()
    await lfs.repository('work', 'digits', { 'model.bin': model, 'empty.bin': '' })
  })
  afterAll(() => lfs.stop())

  test('pushes, and another clones what was pushed', async () => {
    const pushed = await lfs.git('work', 'push', '-o', 'ci.skip', 'origin', 'HEAD:main')
    expect(pushed).toMatchObject({ code: 0 })
    await lfs.good('.', 'clone', '-q', await lfs.remote('digits'), 'copy')
    expect(await lfs.read('copy', 'model.bin')).toEqual(model)
    expect((await lfs.good('copy', 'lfs', 'fsck')).stdout).toContain('Git LFS fsck OK')
  })
})
