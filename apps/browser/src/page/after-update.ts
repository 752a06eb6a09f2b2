/** What an update of the coordinator changes in the state of the page. */
import type { RunUpdate } from '../run/messages.ts';
import type { Message, PageState } from './store.ts';

export function afterUpdate(state: PageState, update: RunUpdate): Partial<PageState> {
  const { phase, settings, histories, done } = state;
  const epochs = settings?.epochs ?? 0;
  // What was asked for meanwhile is shown until it is done.
  const say = (status: Message): Partial<PageState> => (phase === 'running' ? { status } : {});
  switch (update.type) {
    case 'loading':
      return { status: { key: 'loading' } };
    case 'ready': {
      const { data, workers, kept, histories: of } = update;
      return {
        ...(phase === 'starting' ? { phase: 'running' } : {}),
        ...{ facts: data, workers, histories: { of } },
        kept: settings?.keep && !kept ? { key: 'notKept' } : undefined,
      };
    }
    case 'training':
      return say({
        key: update.run === 'main' ? 'training' : 'trainingPlain',
        values: { epoch: update.epoch, epochs },
      });
    case 'evaluating':
      return say({ key: 'evaluating', values: { epoch: update.epoch, epochs } });
    case 'paused':
      return phase === 'stopping' ? {} : { phase: 'paused', status: { key: 'paused', values: { step: update.step } } };
    case 'progress':
      histories.of[update.run].steps.push(...update.steps);
      return {
        histories: { ...histories },
        imagesPerSecond: update.imagesPerSecond,
        done: { ...done, [update.run]: update.done },
      };
    case 'evaluation': {
      const { run, epoch, step, loss, accuracy } = update;
      histories.of[run].evaluations.push({ epoch, step, loss, accuracy });
      return { histories: { ...histories } };
    }
    case 'advice': {
      const { run, message, suggestion, source } = update;
      return { hints: [...state.hints, { run, message, suggestion, source }] };
    }
    case 'lanes':
      return { lanes: update.picture };
    case 'dropout':
      return { pictures: update.pictures };
    case 'saved':
      return { kept: { key: 'saved', values: { step: update.step } } };
    case 'notSaved':
      return { kept: { key: 'notSaved', values: { reason: update.reason } } };
    default:
      return update satisfies never;
  }
}
