//! The attributes this crate reads: tag and name, for messages.

/// A data element tag and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) group: u16,
    pub(crate) element: u16,
    /// `Name (gggg,eeee)`.
    pub(crate) name: &'static str,
}

macro_rules! tags {
    ($($id:ident = $group:literal, $element:literal, $name:literal;)*) => {
        $(pub(crate) const $id: Tag = Tag { group: $group, element: $element, name: $name };)*
    };
}

tags! {
    TRANSFER_SYNTAX_UID = 0x0002, 0x0010, "Transfer Syntax UID (0002,0010)";
    SOP_CLASS_UID = 0x0008, 0x0016, "SOP Class UID (0008,0016)";
    SOP_INSTANCE_UID = 0x0008, 0x0018, "SOP Instance UID (0008,0018)";
    MODALITY = 0x0008, 0x0060, "Modality (0008,0060)";
    PRESENTATION_INTENT_TYPE = 0x0008, 0x0068, "Presentation Intent Type (0008,0068)";
    BODY_PART_EXAMINED = 0x0018, 0x0015, "Body Part Examined (0018,0015)";
    DISTANCE_SOURCE_TO_DETECTOR = 0x0018, 0x1110, "Distance Source to Detector (0018,1110)";
    DISTANCE_SOURCE_TO_PATIENT = 0x0018, 0x1111, "Distance Source to Patient (0018,1111)";
    ERMF = 0x0018, 0x1114, "Estimated Radiographic Magnification Factor (0018,1114)";
    IMAGER_PIXEL_SPACING = 0x0018, 0x1164, "Imager Pixel Spacing (0018,1164)";
    SHUTTER_SHAPE = 0x0018, 0x1600, "Shutter Shape (0018,1600)";
    SHUTTER_LEFT = 0x0018, 0x1602, "Shutter Left Vertical Edge (0018,1602)";
    SHUTTER_RIGHT = 0x0018, 0x1604, "Shutter Right Vertical Edge (0018,1604)";
    SHUTTER_UPPER = 0x0018, 0x1606, "Shutter Upper Horizontal Edge (0018,1606)";
    SHUTTER_LOWER = 0x0018, 0x1608, "Shutter Lower Horizontal Edge (0018,1608)";
    SHUTTER_CENTER = 0x0018, 0x1610, "Center of Circular Shutter (0018,1610)";
    SHUTTER_RADIUS = 0x0018, 0x1612, "Radius of Circular Shutter (0018,1612)";
    SHUTTER_VERTICES = 0x0018, 0x1620, "Vertices of the Polygonal Shutter (0018,1620)";
    COLLIMATOR_SHAPE = 0x0018, 0x1700, "Collimator Shape (0018,1700)";
    COLLIMATOR_LEFT = 0x0018, 0x1702, "Collimator Left Vertical Edge (0018,1702)";
    COLLIMATOR_RIGHT = 0x0018, 0x1704, "Collimator Right Vertical Edge (0018,1704)";
    COLLIMATOR_UPPER = 0x0018, 0x1706, "Collimator Upper Horizontal Edge (0018,1706)";
    COLLIMATOR_LOWER = 0x0018, 0x1708, "Collimator Lower Horizontal Edge (0018,1708)";
    COLLIMATOR_CENTER = 0x0018, 0x1710, "Center of Circular Collimator (0018,1710)";
    COLLIMATOR_RADIUS = 0x0018, 0x1712, "Radius of Circular Collimator (0018,1712)";
    COLLIMATOR_VERTICES = 0x0018, 0x1720, "Vertices of the Polygonal Collimator (0018,1720)";
    NOMINAL_SCANNED_PIXEL_SPACING = 0x0018, 0x2010, "Nominal Scanned Pixel Spacing (0018,2010)";
    VIEW_POSITION = 0x0018, 0x5101, "View Position (0018,5101)";
    PATIENT_ORIENTATION = 0x0020, 0x0020, "Patient Orientation (0020,0020)";
    LATERALITY = 0x0020, 0x0060, "Laterality (0020,0060)";
    IMAGE_LATERALITY = 0x0020, 0x0062, "Image Laterality (0020,0062)";
    FRAME_LATERALITY = 0x0020, 0x9072, "Frame Laterality (0020,9072)";
    SAMPLES_PER_PIXEL = 0x0028, 0x0002, "Samples per Pixel (0028,0002)";
    PHOTOMETRIC_INTERPRETATION = 0x0028, 0x0004, "Photometric Interpretation (0028,0004)";
    PLANAR_CONFIGURATION = 0x0028, 0x0006, "Planar Configuration (0028,0006)";
    NUMBER_OF_FRAMES = 0x0028, 0x0008, "Number of Frames (0028,0008)";
    ROWS = 0x0028, 0x0010, "Rows (0028,0010)";
    COLUMNS = 0x0028, 0x0011, "Columns (0028,0011)";
    PIXEL_SPACING = 0x0028, 0x0030, "Pixel Spacing (0028,0030)";
    PIXEL_ASPECT_RATIO = 0x0028, 0x0034, "Pixel Aspect Ratio (0028,0034)";
    BITS_ALLOCATED = 0x0028, 0x0100, "Bits Allocated (0028,0100)";
    BITS_STORED = 0x0028, 0x0101, "Bits Stored (0028,0101)";
    HIGH_BIT = 0x0028, 0x0102, "High Bit (0028,0102)";
    PIXEL_REPRESENTATION = 0x0028, 0x0103, "Pixel Representation (0028,0103)";
    PIXEL_PADDING_VALUE = 0x0028, 0x0120, "Pixel Padding Value (0028,0120)";
    PIXEL_PADDING_RANGE_LIMIT = 0x0028, 0x0121, "Pixel Padding Range Limit (0028,0121)";
    FLOAT_PADDING_VALUE = 0x0028, 0x0122, "Float Pixel Padding Value (0028,0122)";
    DOUBLE_PADDING_VALUE = 0x0028, 0x0123, "Double Float Pixel Padding Value (0028,0123)";
    FLOAT_PADDING_LIMIT = 0x0028, 0x0124, "Float Pixel Padding Range Limit (0028,0124)";
    DOUBLE_PADDING_LIMIT = 0x0028, 0x0125, "Double Float Pixel Padding Range Limit (0028,0125)";
    BURNED_IN_ANNOTATION = 0x0028, 0x0301, "Burned In Annotation (0028,0301)";
    CALIBRATION_TYPE = 0x0028, 0x0A02, "Pixel Spacing Calibration Type (0028,0A02)";
    WINDOW_CENTER = 0x0028, 0x1050, "Window Center (0028,1050)";
    WINDOW_WIDTH = 0x0028, 0x1051, "Window Width (0028,1051)";
    WINDOW_EXPLANATION = 0x0028, 0x1055, "Window Center & Width Explanation (0028,1055)";
    RESCALE_INTERCEPT = 0x0028, 0x1052, "Rescale Intercept (0028,1052)";
    RESCALE_SLOPE = 0x0028, 0x1053, "Rescale Slope (0028,1053)";
    VOI_LUT_FUNCTION = 0x0028, 0x1056, "VOI LUT Function (0028,1056)";
    RED_LUT_DESCRIPTOR = 0x0028, 0x1101, "Red Palette Color Lookup Table Descriptor (0028,1101)";
    GREEN_LUT_DESCRIPTOR = 0x0028, 0x1102, "Green Palette Color Lookup Table Descriptor (0028,1102)";
    BLUE_LUT_DESCRIPTOR = 0x0028, 0x1103, "Blue Palette Color Lookup Table Descriptor (0028,1103)";
    RED_LUT_DATA = 0x0028, 0x1201, "Red Palette Color Lookup Table Data (0028,1201)";
    GREEN_LUT_DATA = 0x0028, 0x1202, "Green Palette Color Lookup Table Data (0028,1202)";
    BLUE_LUT_DATA = 0x0028, 0x1203, "Blue Palette Color Lookup Table Data (0028,1203)";
    SEGMENTED_RED_LUT_DATA =
        0x0028, 0x1221, "Segmented Red Palette Color Lookup Table Data (0028,1221)";
    SEGMENTED_GREEN_LUT_DATA =
        0x0028, 0x1222, "Segmented Green Palette Color Lookup Table Data (0028,1222)";
    SEGMENTED_BLUE_LUT_DATA =
        0x0028, 0x1223, "Segmented Blue Palette Color Lookup Table Data (0028,1223)";
    MODALITY_LUT_SEQUENCE = 0x0028, 0x3000, "Modality LUT Sequence (0028,3000)";
    LUT_DESCRIPTOR = 0x0028, 0x3002, "LUT Descriptor (0028,3002)";
    LUT_EXPLANATION = 0x0028, 0x3003, "LUT Explanation (0028,3003)";
    LUT_DATA = 0x0028, 0x3006, "LUT Data (0028,3006)";
    VOI_LUT_SEQUENCE = 0x0028, 0x3010, "VOI LUT Sequence (0028,3010)";
    PRESENTATION_LUT_SHAPE = 0x2050, 0x0020, "Presentation LUT Shape (2050,0020)";
    SHARED_FUNCTIONAL_GROUPS = 0x5200, 0x9229, "Shared Functional Groups Sequence (5200,9229)";
    PER_FRAME_FUNCTIONAL_GROUPS =
        0x5200, 0x9230, "Per-Frame Functional Groups Sequence (5200,9230)";
    EXTENDED_OFFSET_TABLE = 0x7FE0, 0x0001, "Extended Offset Table (7FE0,0001)";
    EXTENDED_OFFSET_TABLE_LENGTHS =
        0x7FE0, 0x0002, "Extended Offset Table Lengths (7FE0,0002)";
    FLOAT_PIXEL_DATA = 0x7FE0, 0x0008, "Float Pixel Data (7FE0,0008)";
    DOUBLE_FLOAT_PIXEL_DATA = 0x7FE0, 0x0009, "Double Float Pixel Data (7FE0,0009)";
    PIXEL_DATA = 0x7FE0, 0x0010, "Pixel Data (7FE0,0010)";
}
