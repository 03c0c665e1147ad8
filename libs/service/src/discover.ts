import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { rpcMethodOf, type RpcServer, type UseCase } from '@tonegrid/rpc';
import { handlerOptionsOf, type BatchHandler, type EventHandler, type HandlerOptions } from './handles';

/** Every provider instance of the application with its class. */
function* providers(app: INestApplicationContext): Generator<{ type: object; instance: unknown }> {
  const seen = new Set<unknown>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const wrapper of module.providers.values()) {
      if (!wrapper.metatype || wrapper.instance === undefined || seen.has(wrapper.instance)) continue;
      seen.add(wrapper.instance);
      yield { type: wrapper.metatype, instance: wrapper.instance };
    }
  }
}

/** Binds every `@Rpc` provider to the server; answers how many. */
export function bindUseCases(app: INestApplicationContext, server: RpcServer): number {
  let bound = 0;
  for (const { type, instance } of providers(app)) {
    const method = rpcMethodOf(type);
    if (!method) continue;
    server.add(method, instance as UseCase<never, never>);
    bound += 1;
  }
  return bound;
}

/** Every `@Handles` provider. */
export function eventHandlers(app: INestApplicationContext): { options: HandlerOptions; handler: EventHandler | BatchHandler }[] {
  return [...providers(app)].flatMap(({ type, instance }) => {
    const options = handlerOptionsOf(type);
    return options ? [{ options, handler: instance as EventHandler | BatchHandler }] : [];
  });
}
