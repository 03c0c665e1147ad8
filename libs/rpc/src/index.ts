/** gRPC between the services: who calls, deadlines, safe retries, errors to status and back, field rules, logs, metrics. */
export { callerFromProto, systemCaller, type Caller, type Idempotency } from './caller';
export { checkRules, parseDate, isUuid } from './rules';
export { languageOf, languages, ruleMessage, type RuleName } from './rule-messages';
export { Rpc, rpcMethodOf, type UseCase, type StreamUseCase } from './decorator';
export { RpcServer, type RpcServerOptions } from './server';
export { encode } from './encode';
export { rpcClient, type RpcClient, type RpcClientOptions } from './client';
export { logger, logLevels, createLogger, nameLogger, type Logger } from './log';
export { scrubbed } from './redact';
export { rootContext } from './root-context';
export { callContext, withCallContext, type CallContext } from './call-context';
export { metrics } from './metrics';
