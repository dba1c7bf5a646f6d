/** A process that loads an ONNX file by onnxruntime alone, answers once, and says so: what a cold start is held to. */
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [path, width] = [process.argv[2]!, Number(process.argv[3])]
const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 })
const input = new Tensor('float32', new Float32Array(width), [1, width])
await session.run({ [session.inputNames[0]!]: input })
process.stdout.write('answered\n')
