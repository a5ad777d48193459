//! Learns and shows: a training run as plain data, emergence analysis, alarms, plots and the HTML report.

pub mod plots;
pub mod report;
pub mod run;
