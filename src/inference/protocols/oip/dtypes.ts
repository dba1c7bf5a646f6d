import type { Dtype } from '../../../core/index.ts'

/** Names of the Open Inference Protocol. BF16 is Triton's addition. */
const OF_PROTOCOL: Readonly<Record<string, Dtype>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  BF16: 'bfloat16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
}
const TO_PROTOCOL: ReadonlyMap<Dtype, string> = new Map(
  Object.entries(OF_PROTOCOL).map(([name, dtype]) => [dtype, name]),
)

export const PROTOCOL_DTYPES: readonly string[] = Object.keys(OF_PROTOCOL)

export function dtypeOfProtocol(name: string): Dtype | undefined {
  return Object.hasOwn(OF_PROTOCOL, name) ? OF_PROTOCOL[name] : undefined
}

export function protocolNameOf(dtype: Dtype): string {
  return TO_PROTOCOL.get(dtype) ?? dtype
}
