//! Fits of networks that do not depend on each other: kept when they are done, and shared by
//! several calls where that is asked for.

use crate::Error;
use crate::progress::{Observer, Tell, counting};
use crate::stages::Context;
use crate::stages::fits::ParallelFits;
use burn::tensor::Device;
use std::path::{Path, PathBuf};
use vertebra_deepsurv::RiskModel;
use vertebra_hrnet::KeypointDetector;

/// A network that is kept as a folder when it is fitted.
pub(crate) trait Kept: Sized {
    /// The file of the folder that is written last.
    const LAST: &'static str;

    fn save(&self, folder: &Path) -> Result<(), Error>;

    fn load(folder: &Path, device: &Device) -> Result<Self, Error>;
}

impl Kept for RiskModel {
    const LAST: &'static str = "risk.json";

    fn save(&self, folder: &Path) -> Result<(), Error> {
        Ok(Self::save(self, folder)?)
    }

    fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        Ok(Self::load(folder, device)?)
    }
}

impl Kept for KeypointDetector {
    const LAST: &'static str = "keypoints.json";

    fn save(&self, folder: &Path) -> Result<(), Error> {
        Ok(Self::save(self, folder)?)
    }

    fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        Ok(Self::load(folder, device)?)
    }
}

/// Fits of one kind.
pub(crate) struct FitStage<'a, J> {
    /// What is being done.
    pub(crate) name: String,
    pub(crate) jobs: &'a [J],
    /// The purpose of a fit, from which its seed derives and by which it is kept.
    pub(crate) purpose: &'a (dyn Fn(&J) -> String + Sync),
    /// Steps of a fit.
    pub(crate) steps: &'a (dyn Fn(&J) -> usize + Sync),
}

impl<J: Sync> FitStage<'_, J> {
    /// The networks, in the order of the jobs; `fit` gets a job, its purpose, and a function to
    /// call at each step.
    ///
    /// A call with a share does those of its fits that are pending, and goes on where none is
    /// pending in any share.
    ///
    /// # Errors
    /// [`Error::PendingFits`] where other shares have some to do; the error of the first fit that
    /// fails; [`Error::Io`].
    pub(crate) fn run<M: Kept + Send>(
        &self,
        context: Context<'_>,
        observer: &mut Observer<'_>,
        fit: impl Fn(&J, &str, &dyn Fn()) -> Result<M, Error> + Sync,
    ) -> Result<Vec<M>, Error> {
        let steps = |jobs: &[&J]| jobs.iter().map(|job| (self.steps)(job)).sum();
        let one = |job: &&J, on_step: &dyn Fn()| self.one(context, job, on_step, &fit);
        let fits = ParallelFits::new(context.config.fits_at_once);
        let all: Vec<&J> = self.jobs.iter().collect();
        if let Some(share) = context.share {
            let is_pending = |job: &&J| !self.is_kept::<M>(context, job);
            let places = (0..).zip(&all).filter(|(place, _)| share.has(*place));
            let own: Vec<&J> = places.map(|(_, job)| *job).filter(is_pending).collect();
            observer.stage(&*self.name, Some(steps(&own)));
            let kept = |job: &&J, on_step: &dyn Fn()| one(job, on_step).map(drop);
            fits.run(&own, kept, &mut counting(observer))?;
            let pending = all.iter().copied().filter(is_pending).count();
            if pending > 0 {
                return Err(Error::PendingFits { stage: self.name.clone(), pending });
            }
        }
        observer.stage(&*self.name, Some(steps(&all)));
        fits.run(&all, one, &mut counting(observer))
    }

    /// The network of one job: kept before, or fitted now, in one call at a time.
    fn one<M: Kept>(
        &self,
        context: Context<'_>,
        job: &J,
        on_step: &dyn Fn(),
        fit: &impl Fn(&J, &str, &dyn Fn()) -> Result<M, Error>,
    ) -> Result<M, Error> {
        let purpose = (self.purpose)(job);
        let Some(folder) = kept_in(context, &purpose) else { return fit(job, &purpose, on_step) };
        context.work.alone(&purpose, || {
            // What cannot be read is fitted on from its last checkpoint.
            if let Ok(network) = M::load(&folder, context.device) {
                (0..(self.steps)(job)).for_each(|_| on_step());
                return Ok(network);
            }
            let network = fit(job, &purpose, on_step)?;
            network.save(&folder)?;
            Ok(network)
        })
    }

    fn is_kept<M: Kept>(&self, context: Context<'_>, job: &J) -> bool {
        let folder = kept_in(context, &(self.purpose)(job));
        folder.is_some_and(|folder| folder.join(M::LAST).is_file())
    }
}

fn kept_in(context: Context<'_>, purpose: &str) -> Option<PathBuf> {
    Some(context.work.network(purpose)?.join("model"))
}
