// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use proptest::prelude::*;
use types::{ProcessId, UnitState, data::DataMark};

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
        openid: None,
    };
    let rendering = host::rendering_digest(&input);
    Wanted {
        version: host::version_digest(&input.entry, &input.settings),
        certificate: Certificate::None,
        no_snapshot: None,
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
        Step::Snapshot(ahead) => {
            assert!(seen.units.values().all(|unit| unit.active == Active::Inactive));
            seen.snapshot_before = Some(ahead.version.clone());
        }
        Step::Start => {
            seen.data_from = (0..4)
                .map(|version| a_wanted(name.as_str(), version, Running::Started))
                .find(|wanted| Some(&wanted.rendering) == seen.rendered.as_ref())
                .map(|wanted| DataMark {
                    entry: wanted.input.entry,
                    version: wanted.version,
                });
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
        Step::Certificate(certificate) => {
            seen.certificate = Some(host::certificate::certificate_digest(certificate));
        }
        Step::Archive => (seen.data, seen.data_from) = (false, None),
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
fn a_certificate_is_handed_before_the_start_and_a_new_one_without_another_start() {
    let name: ServiceName = "s0".parse().unwrap();
    let handed = |text: &str| {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----BEGIN CERTIFICATE-----\n");
        let certificate = HandedCertificate::try_from(pem).unwrap();
        let digest = host::certificate::certificate_digest(&certificate);
        Certificate::There(certificate, digest)
    };
    let mut observed = Observed::default();
    let mut turn = |certificate: Certificate| {
        let mut wanted = a_wanted("s0", 1, Running::Started);
        wanted.certificate = certificate;
        let wishes = BTreeMap::from([(name.clone(), Ok(wanted))]);
        let plan = Plan::new(&wishes, &observed, &BTreeMap::new(), Timestamp(0));
        let steps = plan.services.get(&name).cloned().unwrap_or_default();
        for step in &steps {
            apply(&mut observed, &name, step);
        }
        steps.iter().map(Step::word).collect::<Vec<_>>()
    };
    assert_eq!(turn(Certificate::Missing), ["mount", "render"]);
    assert_eq!(turn(handed("first")), ["certificate", "start"]);
    assert_eq!(turn(handed("first")), [""; 0]);
    assert_eq!(turn(handed("second")), ["certificate"]);
    assert_eq!(turn(Certificate::Missing), [""; 0]);
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

/// Two turns: everything up to the first start.
fn settled(wishes: &World) -> Observed {
    let mut observed = Observed::default();
    let none = BTreeMap::new();
    for (name, steps) in &Plan::new(wishes, &observed.clone(), &none, Timestamp(0)).services {
        for step in steps {
            apply(&mut observed, name, step);
        }
    }
    observed
}

fn words(plan: &Plan) -> Vec<&'static str> {
    plan.services.values().flatten().map(Step::word).collect()
}

#[test]
fn other_software_starts_only_after_the_data_were_copied() {
    let mut observed = settled(&world(&[(1, true)]));
    let mut newer = world(&[(2, true)]);
    let none = BTreeMap::new();
    let plan = Plan::new(&newer, &observed, &none, Timestamp(0));
    assert_eq!(words(&plan), ["mount", "stop", "snapshot"]);
    for (name, steps) in &plan.services {
        for step in steps {
            apply(&mut observed, name, step);
        }
    }
    let plan = Plan::new(&newer, &observed, &none, Timestamp(0));
    assert_eq!(words(&plan), ["render", "start"]);
    // The copy failed: the old software starts again, the new one never.
    for seen in observed.services.values_mut() {
        seen.snapshot_before = None;
    }
    for wanted in newer.values_mut().flatten() {
        wanted.no_snapshot = Some("no room".into());
    }
    let plan = Plan::new(&newer, &observed, &none, Timestamp(0));
    assert_eq!(words(&plan), ["start"]);
}

#[test]
fn settings_are_changed_even_without_room_for_a_copy() {
    let observed = settled(&world(&[(1, true)]));
    let mut changed = world(&[(1, true)]);
    for wanted in changed.values_mut().flatten() {
        wanted
            .input
            .settings
            .insert("on".into(), types::SettingValue::Bool(true));
        wanted.rendering = host::rendering_digest(&wanted.input);
        wanted.version = host::version_digest(&wanted.input.entry, &wanted.input.settings);
    }
    let none = BTreeMap::new();
    let plan = Plan::new(&changed, &observed, &none, Timestamp(0));
    assert_eq!(words(&plan), ["stop", "snapshot"]);
    for wanted in changed.values_mut().flatten() {
        wanted.no_snapshot = Some("no room".into());
    }
    let plan = Plan::new(&changed, &observed, &none, Timestamp(0));
    assert_eq!(words(&plan), ["render", "start"]);
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
        // One turn up to the snapshot, one from there on, one more for what a cut left half done.
        for _ in 0..3 {
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
