/** Reads what is needed to go on with the run of a closed tab. */
import { decodeTrainingState, type TrainingState } from '@lockstep/scheduler';
import { readSlots, type SlotContent, saveFolder, tensorFile } from '../run/saved-run.ts';

/** The newest slot that is whole. @throws Error if none is. */
export async function loadSavedRun(): Promise<{ content: SlotContent; states: TrainingState[] }> {
  const folder = await saveFolder();
  let reason: unknown;
  for (const { slot, content } of await readSlots(folder)) {
    try {
      const states = content.manifests.map(async (manifest, i) => {
        const handle = await folder.getFileHandle(tensorFile(slot, i));
        const file = await handle.getFile();
        const tensors = new Uint8Array(await file.arrayBuffer());
        return (await decodeTrainingState({ manifest, tensors })).state;
      });
      return { content, states: await Promise.all(states) };
    } catch (thrown) {
      reason = thrown;
    }
  }
  throw new Error('there is no whole checkpoint of a run here', { cause: reason });
}
