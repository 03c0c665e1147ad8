import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/** What a started service has and a suite has not: calls carry their context (`startTelemetry` of libs/service). */
export const keepContext = (): void => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
