import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  expectedOf,
  FOLDER,
  inputOf,
  type Told,
  toldOf,
  withModel,
} from '../../../../test/fixtures/tensorflow/world.ts'
import { openGraphDef } from './open.ts'

test.each(['frozen.pb', 'constants.pb'])("every constant of %s is TensorFlow's own", async name => {
  const expected = expectedOf<Record<string, Told>>(name)
  await withModel(join(FOLDER, name), openGraphDef, async model => {
    const found: Record<string, Told> = {}
    for (const info of model.file.tensors) {
      found[info.name] = await toldOf(model, info)
      if (info.dtype === 'string') continue
      let bytes = 0
      for await (const piece of model.readTensor(info.name)) bytes += piece.length
      expect(bytes).toBe(info.bytes)
    }
    expect(expected).toMatchObject(found)
    const listed = Object.keys(expected).filter(key => (expected[key]!.shape[0] ?? 0) > 2)
    expect(Object.keys(found)).toEqual(expect.arrayContaining(listed))
  })
})

test('a frozen graph is described', async () => {
  await withModel(join(FOLDER, 'frozen.pb'), openGraphDef, async ({ file }) => {
    expect(file).toMatchObject({ format: 'tensorflow-graphdef', framework: 'TensorFlow' })
    expect(file.signature?.inputs).toEqual([
      { name: 'x', kind: 'tensor', dtype: 'float32', shape: [null, 4] },
    ])
    expect(file.graph?.operators.map(({ name }) => name)).toContain('MatMul')
    expect(JSON.parse(JSON.stringify(file))).toEqual(file)
  })
})

test('the text form is refused with advice', async () => {
  const text = Buffer.from('node {\n  name: "x"\n  op: "Placeholder"\n}\n')
  await expect(inputOf(new Map([['g.pbtxt', text]]), 'g.pbtxt').then(openGraphDef)).rejects.toMatchObject({
    code: 'FORMAT_UNSUPPORTED',
    hint: expect.stringMatching(/as_text=False/),
  })
})
