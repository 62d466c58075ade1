// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;
use types::{ProcessId, UnitState};

fn digest(number: u8) -> Digest {
    Digest::from_bytes(&[number; 32])
}

fn a_wanted(name: &str, version: u8, running: Running) -> Wanted {
    let input = RenderInput {
        service: name.parse().unwrap(),
        entry: digest(version),
        settings: types::Settings::new(),
        board: "oak".parse().unwrap(),
        hosts: vec![],
        restarts: 0,
    };
    let rendering = host::rendering_digest(&input);
    Wanted {
        rendering,
        input,
        bundles: vec![digest(version)],
        running,
    }
}

fn main_process() -> ProcessId {
    "main".parse().unwrap()
}

/// What the host does with a step, as a model.
fn apply(observed: &mut Observed, name: &ServiceName, step: &Step) {
    let seen = observed.services.entry(name.clone()).or_default();
    match step {
        Step::Mount(entry) => {
            observed.mounted.insert(entry.clone());
        }
        Step::Render(input) => seen.rendered = Some(host::rendering_digest(input)),
        Step::Start => {
            let state = UnitState {
                active: Active::Active,
                started_from: seen.rendered.clone(),
                ..UnitState::default()
            };
            seen.units.insert(main_process(), state);
            seen.data = true;
        }
        Step::Stop => {
            for unit in seen.units.values_mut() {
                (unit.active, unit.started_from) = (Active::Inactive, None);
            }
        }
        Step::Remove => {
            seen.units.clear();
            seen.rendered = None;
        }
        Step::Archive => seen.data = false,
    }
}

type World = BTreeMap<ServiceName, Result<Wanted, String>>;

fn world(wishes: &[(u8, bool)]) -> World {
    let named = |(index, (version, started)): (usize, &(u8, bool))| {
        let running = if *started {
            Running::Started
        } else {
            Running::Stopped
        };
        let name = format!("s{index}");
        (*version > 0).then(|| (name.parse().unwrap(), Ok(a_wanted(&name, *version, running))))
    };
    wishes.iter().enumerate().filter_map(named).collect()
}

#[test]
fn installing_twice_is_an_empty_plan() {
    let wishes = world(&[(1, true)]);
    let mut observed = Observed::default();
    let none = BTreeMap::new();
    let plan = Plan::new(&wishes, &observed, &none, Timestamp(0));
    let words: Vec<&str> = plan.services.values().flatten().map(Step::word).collect();
    assert_eq!(words, ["mount", "render", "start"]);
    for (name, steps) in &plan.services {
        for step in steps {
            apply(&mut observed, name, step);
        }
    }
    assert!(Plan::new(&wishes, &observed, &none, Timestamp(0)).is_empty());
}

#[test]
fn a_service_missing_from_the_catalog_is_left_alone_and_never_archived() {
    let name: ServiceName = "s0".parse().unwrap();
    let wishes = BTreeMap::from([(name.clone(), Err("no catalog".to_owned()))]);
    let mut observed = Observed::default();
    observed.services.insert(
        name,
        ObservedService {
            data: true,
            ..ObservedService::default()
        },
    );
    assert!(Plan::new(&wishes, &observed, &BTreeMap::new(), Timestamp(0)).is_empty());
}

#[test]
fn a_service_that_restarts_by_itself_is_not_disturbed_and_a_failed_step_waits() {
    let wishes = world(&[(1, true)]);
    let name: ServiceName = "s0".parse().unwrap();
    let mut observed = Observed::default();
    for step in &Plan::new(&wishes, &observed.clone(), &BTreeMap::new(), Timestamp(0)).services[&name] {
        apply(&mut observed, &name, step);
    }
    let unit = observed
        .services
        .get_mut(&name)
        .unwrap()
        .units
        .get_mut("main")
        .unwrap();
    (unit.active, unit.started_from) = (Active::Activating, None);
    assert!(Plan::new(&wishes, &observed, &BTreeMap::new(), Timestamp(0)).is_empty());
    let held = BTreeMap::from([(name, Timestamp(10))]);
    assert!(Plan::new(&wishes, &Observed::default(), &held, Timestamp(9)).is_empty());
    assert!(!Plan::new(&wishes, &Observed::default(), &held, Timestamp(10)).is_empty());
}

proptest! {
    /// Whatever was asked for in between, and wherever power was cut, the machine ends as asked.
    #[test]
    fn any_history_with_cuts_converges(
        history in prop::collection::vec((prop::collection::vec((0u8..4, any::<bool>()), 1..4), 0usize..12), 1..6)
    ) {
        let none = BTreeMap::new();
        let mut observed = Observed::default();
        let mut last = World::new();
        for (wishes, cut_after) in &history {
            last = world(wishes);
            let plan = Plan::new(&last, &observed.clone(), &none, Timestamp(0));
            let steps = plan.services.iter().flat_map(|(name, steps)| steps.iter().map(move |step| (name, step)));
            for (name, step) in steps.take(*cut_after) {
                apply(&mut observed, name, step);
            }
        }
        for _ in 0..2 {
            let plan = Plan::new(&last, &observed.clone(), &none, Timestamp(0));
            for (name, steps) in &plan.services {
                for step in steps {
            apply(&mut observed, name, step);
        }
            }
        }
        prop_assert!(Plan::new(&last, &observed, &none, Timestamp(0)).is_empty());
        for (name, seen) in &observed.services {
            let runs = seen.units.values().any(|unit| unit.active == Active::Active);
            let wanted = matches!(last.get(name), Some(Ok(wanted)) if wanted.running == Running::Started);
            prop_assert_eq!(runs, wanted);
            if !last.contains_key(name) {
                prop_assert!(!seen.data && seen.rendered.is_none());
            }
        }
    }
}
