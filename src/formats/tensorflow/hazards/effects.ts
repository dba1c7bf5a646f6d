import type { HazardKind } from './types.ts'

/** What an op does beyond its tensors. */
export interface Effect {
  readonly kind: HazardKind
  readonly why: string
  /** Inputs that are paths. */
  readonly paths?: readonly number[]
  /** Without this attribute, or where it is as it says, the op is harmless. */
  readonly attribute?: { readonly name: string; readonly harmless: RegExp }
  /** Every SavedModel has these in the functions that write and read its checkpoint. */
  readonly checkpoint?: true
  /** An empty path means memory. */
  readonly inMemory?: true
}

const EFFECTS = new Map<string, Effect>()

function add(ops: string, effect: Effect): void {
  for (const op of ops.split(' ')) EFFECTS.set(op, effect)
}

add('ReadFile', { kind: 'file-read', why: 'reads a file', paths: [0] })
add('MatchingFiles MatchingFilesDataset ExperimentalMatchingFilesDataset', {
  kind: 'file-read',
  why: 'lists files',
  paths: [0],
})
add('WriteFile', { kind: 'file-write', why: 'writes a file', paths: [0] })
add('SaveV2 Save SaveSlices', {
  kind: 'file-write',
  why: 'writes a checkpoint',
  paths: [0],
  checkpoint: true,
})
add('MergeV2Checkpoints', {
  kind: 'file-write',
  why: 'writes and deletes checkpoints',
  paths: [0, 1],
  checkpoint: true,
})
add('RestoreV2 Restore RestoreSlice', {
  kind: 'file-read',
  why: 'reads a checkpoint',
  paths: [0],
  checkpoint: true,
})
add('DTensorRestoreV2', { kind: 'file-read', why: 'reads a checkpoint', paths: [0] })
add('InitializeTableFromTextFileV2 InitializeTableFromTextFile', {
  kind: 'file-read',
  why: 'reads a table from a file',
  paths: [1],
})
add('GenerateVocabRemapping', { kind: 'file-read', why: 'reads vocabularies', paths: [0, 1] })
add('LoadAndRemapMatrix', { kind: 'file-read', why: 'reads a checkpoint', paths: [0] })
add('TextLineDataset TFRecordDataset TFRecordDatasetV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2', {
  kind: 'file-read',
  why: 'reads records from files',
  paths: [0],
})
add('CSVDataset CSVDatasetV2 ExperimentalCSVDataset LMDBDataset ExperimentalLMDBDataset LoadDataset', {
  kind: 'file-read',
  why: 'reads records from files',
  paths: [0],
})
add(
  'WholeFileReader WholeFileReaderV2 TextLineReader TextLineReaderV2 TFRecordReader TFRecordReaderV2 ' +
    'FixedLengthRecordReader FixedLengthRecordReaderV2 LMDBReader RecordInput ReaderRead ReaderReadV2 ' +
    'ReaderReadUpTo ReaderReadUpToV2 ListSnapshotChunksDataset SnapshotChunkDataset SnapshotDatasetReader ' +
    'SnapshotNestedDatasetReader Skipgram',
  { kind: 'file-read', why: 'reads records from files' },
)
add('SqlDataset ExperimentalSqlDataset', { kind: 'file-read', why: 'reads a database' })
add('SaveDataset SaveDatasetV2 SnapshotDataset SnapshotDatasetV2 DistributedSave', {
  kind: 'file-write',
  why: 'writes a data set',
  paths: [1],
})
add('DatasetToTFRecord ExperimentalDatasetToTFRecord', {
  kind: 'file-write',
  why: 'writes a file',
  paths: [1],
})
add('CacheDataset CacheDatasetV2', {
  kind: 'file-write',
  why: 'keeps a data set in files',
  paths: [1],
  inMemory: true,
})
add('CreateSummaryFileWriter CreateSummaryDbWriter', {
  kind: 'file-write',
  why: 'writes events to a file',
  paths: [1],
})
add(
  'WriteSummary WriteAudioSummary WriteGraphSummary WriteHistogramSummary WriteImageSummary WriteRawProtoSummary ' +
    'WriteScalarSummary SummaryWriter FlushSummaryWriter CloseSummaryWriter ImportEvent DumpTensor ' +
    'CalibrationStatisticsSaver',
  { kind: 'file-write', why: 'writes what it gets to a file' },
)
add('DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount DebugNumericSummary', {
  kind: 'file-write',
  why: "sends what it gets to a debugger's file or server",
})
add('Copy CopyHost', {
  kind: 'file-write',
  why: "may send what it gets to a debugger's file or server",
  attribute: { name: 'debug_ops_spec', harmless: /^\[\]$/ },
})
add('PyFunc EagerPyFunc PyFuncStateless', { kind: 'code', why: 'calls a Python function of its program' })
add('XlaCustomCall XlaCustomCallV2', { kind: 'code', why: 'calls native code by name' })
add('DatasetFromGraph', { kind: 'code', why: 'runs a graph that it gets as bytes, which is not looked into' })
add('XlaCallModule', { kind: 'code', why: 'runs a program of its own, which is not looked into' })
add('PrintV2', {
  kind: 'file-write',
  why: 'writes text to a file',
  attribute: { name: 'output_stream', harmless: /^"(stderr|stdout|log\(\w+\))"$/ },
})
add('Print', { kind: 'log', why: "writes to the program's log" })
add('ImmutableConst', { kind: 'file-read', why: 'maps a file into memory' })
add('FixedUnigramCandidateSampler', {
  kind: 'file-read',
  why: 'reads a vocabulary',
  attribute: { name: 'vocab_file', harmless: /^""$/ },
})
add('DecodeProtoV2 EncodeProto', {
  kind: 'file-read',
  why: 'reads descriptions of messages',
  attribute: { name: 'descriptor_source', harmless: /^"(local:\/\/|bytes:\/\/.*)?"$/s },
})
add(
  'RpcCall RpcCheckStatus RpcClient RpcGetValue RpcServer RpcServerRegister RpcServerStart RemoteCall ' +
    'DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset RegisterDatasetV2',
  { kind: 'network', why: 'speaks with other programs' },
)
add(
  'Send Recv _Send _Recv _HostSend _HostRecv CollectiveAllToAllV2 CollectiveAllToAllV3 CollectiveAssignGroupV2 ' +
    'CollectiveBcastRecv CollectiveBcastRecvV2 CollectiveBcastSend CollectiveBcastSendV2 CollectiveGather ' +
    'CollectiveGatherV2 CollectiveInitializeCommunicator CollectivePermute CollectiveReduce CollectiveReduceScatterV2 ' +
    'CollectiveReduceV2 CollectiveReduceV3 NcclAllReduce NcclBroadcast NcclReduce',
  { kind: 'network', why: 'exchanges tensors with other devices or hosts' },
)
add('GetSessionHandle GetSessionHandleV2 GetSessionTensor DeleteSessionTensor', {
  kind: 'process',
  why: 'reaches tensors of others in the same session',
})
add('FileSystemSetConfiguration', { kind: 'process', why: 'changes how files are reached' })
add('ShutdownDistributedTPU ShutdownTPUSystem WorkerHeartbeat Abort', {
  kind: 'process',
  why: 'stops a program or a device',
})
add('SleepOp SleepIdentityOp SleepDataset ExperimentalSleepDataset', {
  kind: 'process',
  why: 'makes its program wait',
})

/** The effect of an op; undefined for one that has none, or is not known. */
export function effectOf(op: string): Effect | undefined {
  return EFFECTS.get(op)
}
