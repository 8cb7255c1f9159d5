//! What a prediction is about: the event of [`Outcomes`], or one cause among competing ones.

use crate::outcomes::{OneCause, Outcomes};

mod sealed {
    use super::Kind;

    pub trait Sealed {
        /// Which of the two it is.
        fn kind(&self) -> Kind<'_>;
    }
}

/// The two endpoints there are.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// An event that nothing competes with.
    Single(&'a Outcomes),
    /// An event of one cause.
    Cause(OneCause<'a>),
}

/// What is predicted: the event of [`Outcomes`], or [`OneCause`] of
/// [`CompetingOutcomes`](crate::CompetingOutcomes).
///
/// For one cause, a subject that had an event of another cause by a horizon is known not to have
/// the one predicted: it counts as a control, weighted as an event of its time, and the observed
/// risk is the Aalen-Johansen cumulative incidence instead of 1 - Kaplan-Meier (Blanche, Dartigues
/// & Jacqmin-Gadda, *Stat. Med.* 32:5381-5397, 2013; van Geloven et al., *BMJ* 377:e069249, 2022).
pub trait Endpoint: sealed::Sealed + Sync {
    /// Follow-up with an event of any kind as the event.
    fn follow_up(&self) -> &Outcomes;

    /// Whether the subject's event, if it had one, is of the kind predicted.
    fn is_of_interest(&self, subject: usize) -> bool;
}

impl Endpoint for Outcomes {
    fn follow_up(&self) -> &Outcomes {
        self
    }

    fn is_of_interest(&self, _: usize) -> bool {
        true
    }
}

impl Endpoint for OneCause<'_> {
    fn follow_up(&self) -> &Outcomes {
        self.outcomes().any_event()
    }

    fn is_of_interest(&self, subject: usize) -> bool {
        self.outcomes().causes()[subject] == self.number()
    }
}

impl sealed::Sealed for Outcomes {
    fn kind(&self) -> Kind<'_> {
        Kind::Single(self)
    }
}

impl sealed::Sealed for OneCause<'_> {
    fn kind(&self) -> Kind<'_> {
        Kind::Cause(*self)
    }
}

impl<E: Endpoint + ?Sized> Endpoint for &E {
    fn follow_up(&self) -> &Outcomes {
        (**self).follow_up()
    }

    fn is_of_interest(&self, subject: usize) -> bool {
        (**self).is_of_interest(subject)
    }
}

impl<E: Endpoint + ?Sized> sealed::Sealed for &E {
    fn kind(&self) -> Kind<'_> {
        (**self).kind()
    }
}
