//! What the numbers of a unit depend on.

use spyglass_dashboards::run::UnitInputs;

use crate::checkpoint::Identity;
use crate::results::{PACK_VERSION, SCORING_VERSION, version_of};
use crate::suite::Subject;
use crate::sweep::Work;

/// What the numbers of a unit depend on.
pub(in crate::sweep) fn unit_inputs(work: &Work, identity: &Identity, subject: Subject) -> UnitInputs {
    let settings = &work.settings;
    let of_any = UnitInputs {
        weights: identity.weights.clone(),
        config: identity.config.clone(),
        tokenizer: identity.tokenizer.clone(),
        chat_template: None, // questions of tasks are plain text
        task: work.suite.name(subject).to_owned(),
        task_definition: String::new(),
        data: String::new(),
        shots: 0,
        perturb: None,
        precision: settings.precision.name().into(),
        dt_floor: settings.dt_floor.name().into(),
        bos: settings.bos.name().map(Into::into),
        rope_scale: settings.rope_scale.map(|scale| scale.to_string()),
        context: settings.context,
        scoring_version: SCORING_VERSION + version_of(settings.precision),
    };
    match subject {
        Subject::Task(task) => {
            let asked = &work.suite.tasks[task];
            UnitInputs {
                task_definition: asked.definition.clone(),
                data: asked.items.as_ref().map_or_else(|_| String::new(), |items| items.data_hash.clone()),
                shots: asked.task.shots,
                perturb: asked.task.perturb.clone(),
                ..of_any
            }
        }
        Subject::Pack(pack) => UnitInputs {
            chat_template: Some(identity.chat_template.clone()),
            task_definition: work.suite.packs[pack].sha256.clone(),
            scoring_version: PACK_VERSION + version_of(settings.precision),
            ..of_any
        },
    }
}
